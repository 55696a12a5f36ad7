/**
 * Runs one outside program to its end.
 *
 * Invariant: a program gets an array of arguments (never a shell line), no terminal, a time limit and a limit on
 * what it may print; whichever limit it breaks, it is killed and the caller gets a ToolError that names it.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export type Tool = readonly [program: string, ...args: string[]];

export type ToolOptions = {
  cwd?: string;
  /** Added to the environment that this process has. */
  env?: Record<string, string>;
  /** Milliseconds; ten minutes when not given. */
  timeLimit?: number;
  /** Bytes of standard output and of standard error, each; 64 MiB when not given. */
  outputLimit?: number;
  signal?: AbortSignal;
  /** A program whose standard output this one reads; without one it reads nothing. */
  from?: Tool;
};

export class ToolError extends Error {
  readonly program: string;
  /** The exit status; null when the program was killed or could not be started. */
  readonly status: number | null;
  readonly stderr: string;

  constructor(program: string, status: number | null, stderr: string, reason: string) {
    const last = stderr.trim().slice(-3000);
    super(`${program}: ${reason}${last === '' ? '' : `\n${last}`}`);
    this.name = 'ToolError';
    this.program = program;
    this.status = status;
    this.stderr = stderr;
  }
}

/** @returns what the program wrote to standard output. @throws ToolError on any exit status other than 0. */
export function runTool(
  program: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const { cwd, env, timeLimit = 600_000, outputLimit = 64 * 1024 * 1024, signal, from } = options;
  const source = from && startSource(from, options);
  const run = new Promise<string>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
      stdio: [source?.output ?? 'ignore', 'pipe', 'pipe'],
      signal,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let outBytes = 0;
    let errBytes = 0;
    let broken = '';
    const stop = (reason: string) => {
      broken ||= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop(`did not end within ${timeLimit / 1000} s`), timeLimit);
    child.stdout.on('data', (piece: Buffer) => {
      outBytes += piece.length;
      if (outBytes > outputLimit) stop(`wrote more than ${outputLimit} bytes`);
      else out.push(piece);
    });
    child.stderr.on('data', (piece: Buffer) => {
      errBytes += piece.length;
      if (errBytes > outputLimit) stop(`wrote more than ${outputLimit} bytes to standard error`);
      else err.push(piece);
    });
    const fail = (status: number | null, reason: string) => {
      clearTimeout(timer);
      reject(new ToolError(program, status, Buffer.concat(err).toString(), reason));
    };
    child.on('error', (cause) => fail(null, signal?.aborted ? 'was stopped' : cause.message));
    child.on('close', (status, killedBy) => {
      if (broken !== '') fail(null, broken);
      else if (status !== 0) fail(status, killedBy ? `was ended by ${killedBy}` : `exit status ${status}`);
      else {
        clearTimeout(timer);
        resolve(Buffer.concat(out).toString());
      }
    });
  });
  if (source === undefined) return run;
  // A source that failed by itself is told of first: what reads half of its output seldom fails for a better reason.
  // This process holds the pipe too, so one whose reader is gone does not fail but waits, and is ended here.
  return run.then(
    async (output) => {
      source.output.destroy();
      await source.ended;
      return output;
    },
    async (error: unknown) => {
      const cause = source.failure();
      source.kill();
      await source.ended.catch(() => {});
      throw cause ?? error;
    },
  );
}

function startSource(
  [program, ...args]: Tool,
  { cwd, signal }: ToolOptions,
): { output: Readable; ended: Promise<void>; failure: () => unknown; kill: () => void } {
  const child = spawn(program, args, { cwd, env: process.env, stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', (cause) => reject(new ToolError(program, null, '', cause.message)));
    child.on('exit', (status, killedBy) => {
      if (status === 0) resolve();
      else
        reject(
          new ToolError(program, status, '', killedBy ? `was ended by ${killedBy}` : `exit status ${status}`),
        );
    });
  });
  let failure: unknown;
  ended.catch((error: unknown) => {
    failure = error;
  });
  return { output: child.stdout, ended, failure: () => failure, kill: () => child.kill('SIGKILL') };
}
