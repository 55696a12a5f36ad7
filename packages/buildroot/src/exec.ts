/**
 * Child processes of a driver.
 *
 * Invariant: none of them outlives this process, runs past its time limit, or fills memory with what it prints.
 * Each is started through `setpriv --pdeathsig KILL`, so that the kernel ends it when this process is gone, however
 * that came about; the signal survives every exec in the chain that follows.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export interface RunOptions {
  signal?: AbortSignal;
  timeoutMs: number;
  /**
   * Written to the child's standard input, which is then closed; without it the input is /dev/null. A child that is to
   * get what is not there yet is started at once: its time runs from when it has got it, and while it waits it does
   * not keep this process from ending.
   */
  stdin?: string | Promise<string>;
  /** Leaves the standard input open as long as this process lives: the child sees its end when we are gone. */
  holdStdin?: boolean;
  /** Numbers of open files for standard output and error; without them both are collected. */
  stdout?: number;
  stderr?: number;
  /** Descriptors from 3 on: the number of an open file, or `collect`. */
  more?: (number | 'collect')[];
  /** Greatest size of each collected stream in bytes, 8 MiB unless told; a child that prints more is killed. */
  maxOutput?: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** `false` where the child must outlive us long enough to clean up after us. */
  tethered?: boolean;
  /** Told its number once it runs. */
  started?: (pid: number) => void;
  /** A process group of its own, so that a Ctrl-C at the terminal does not reach it. */
  ownGroup?: boolean;
  /** How to end it at once; the default is SIGKILL to the child. */
  kill?: (child: ChildProcess, collected: (fd: number) => string) => void;
}

export interface RunResult {
  code: number | null;
  killedBy: NodeJS.Signals | null;
  /** Why we ended it ourselves, if we did. */
  ended: 'timeout' | 'canceled' | 'overflow' | undefined;
  stdout: string;
  stderr: string;
  collected: (fd: number) => string;
}

const defaultMaxOutput = 8 << 20;

export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal, timeoutMs, maxOutput = defaultMaxOutput } = options;
  const chunks = new Map<number, Buffer[]>();
  const sizes = new Map<number, number>();
  const collected = (fd: number): string => Buffer.concat(chunks.get(fd) ?? []).toString('utf8');
  let ended: RunResult['ended'];
  if (signal?.aborted) {
    return Promise.resolve({
      code: null,
      killedBy: null,
      ended: 'canceled',
      stdout: '',
      stderr: '',
      collected,
    });
  }
  const tethered = options.tethered ?? true;
  const child = spawn(
    tethered ? 'setpriv' : command,
    tethered ? ['--pdeathsig', 'KILL', '--', command, ...args] : [...args],
    {
      env: options.env ?? { PATH: toolPath, LANG: 'C.UTF-8', HOME: '/root' },
      cwd: options.cwd ?? '/',
      detached: options.ownGroup ?? false,
      stdio: [
        options.stdin !== undefined || options.holdStdin ? 'pipe' : 'ignore',
        options.stdout ?? 'pipe',
        options.stderr ?? 'pipe',
        ...(options.more ?? []).map((fd) => (fd === 'collect' ? ('pipe' as const) : fd)),
      ],
    },
  );
  if (child.pid !== undefined) options.started?.(child.pid);
  const end = (why: NonNullable<RunResult['ended']>): void => {
    if (ended !== undefined || child.exitCode !== null) return;
    ended = why;
    if (options.kill) options.kill(child, collected);
    else child.kill('SIGKILL');
  };
  child.stdio.forEach((stream, fd) => {
    if (fd === 0 || stream === null || stream === undefined) return;
    const list: Buffer[] = [];
    chunks.set(fd, list);
    (stream as Readable).on('data', (chunk: Buffer) => {
      const size = (sizes.get(fd) ?? 0) + chunk.length;
      sizes.set(fd, size);
      if (size > maxOutput) end('overflow');
      else list.push(chunk);
    });
    // A stream that breaks because the child is gone is told by the child's end.
    (stream as Readable).on('error', () => {});
  });
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const begin = (stdin?: string): void => {
      if (child.exitCode === null && child.signalCode === null)
        timer = setTimeout(() => end('timeout'), timeoutMs);
      if (stdin !== undefined) child.stdin?.end(stdin);
    };
    child.stdin?.on('error', () => {});
    if (options.stdin instanceof Promise) {
      holdOpen(child, false);
      options.stdin.then((stdin) => {
        holdOpen(child, true);
        begin(stdin);
      }, reject);
    } else begin(options.stdin);
    const onAbort = (): void => end('canceled');
    signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    child.once('error', (error) => {
      settle();
      reject(new Error(`cannot start ${command}: ${error.message}`));
    });
    child.once('exit', () => {
      // A grandchild that kept a pipe must not keep us: what it would still say is of no use.
      setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, 2000).unref();
    });
    child.once('close', (code, killedBy) => {
      settle();
      resolve({ code, killedBy, ended, stdout: collected(1), stderr: collected(2), collected });
    });
  });
}

/** Whether this process waits for a child before it ends. */
function holdOpen(child: ChildProcess, hold: boolean): void {
  const handles: unknown[] = [child, ...child.stdio];
  // Pipes of children are sockets, which Node's types do not say.
  for (const handle of handles) (handle as Socket | null)?.[hold ? 'ref' : 'unref']();
}

/** Where the tools of this machine are looked for, whatever the caller's own PATH says. */
export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs a tool that must succeed; the error carries the end of what it said. */
export async function must(
  command: string,
  args: readonly string[],
  options: Partial<RunOptions> = {},
): Promise<string> {
  const result = await run(command, args, { timeoutMs: 10 * 60_000, ...options });
  if (result.code !== 0) {
    const said = result.stderr.trim().slice(-1000);
    throw new Error(
      `${command} ended with ${result.ended ?? result.killedBy ?? result.code}${said ? `: ${said}` : ''}`,
    );
  }
  return result.stdout;
}
