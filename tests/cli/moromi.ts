/**
 * Moromi as people run it: processes with arguments, an environment of their own, and exit codes.
 *
 * Invariant: a process started here ends with the test that started it, and sees no configuration of this machine.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The executable in a checkout. */
export const fromSource = [process.execPath, join(import.meta.dirname, '../../packages/moromi/src/main.ts')];

export interface Ended {
  out: string;
  err: string;
  exit: number;
}

export type Going = ChildProcess & { said: () => string; ended: Promise<number> };

export class Moromi {
  readonly home: string;
  readonly #command: string[];
  readonly #running: ChildProcess[] = [];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(home: string, command: string[]) {
    this.home = home;
    this.#command = command;
    this.#env = {
      PATH: process.env['PATH'],
      HOME: join(home, 'person'),
      MOROMI_CONFIG: '',
      MOROMI_HUB_HOME: join(home, 'hub'),
      MOROMI_WORKER_HOME: join(home, 'worker'),
    };
  }

  static async make(command: string[]): Promise<Moromi> {
    // Not below a folder of root's own: where tests run as root, PostgreSQL runs as nobody.
    const home = await mkdtemp('/var/tmp/moromi-cli-');
    await chmod(home, 0o755);
    await mkdir(join(home, 'person'));
    return new Moromi(home, command);
  }

  /** Runs a command to its end; it reads `input`. */
  async run(args: string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Ended> {
    const [file = '', ...before] = this.#command;
    return await new Promise((resolve) => {
      const options = {
        env: { ...this.#env, ...env },
        encoding: 'utf8' as const,
        timeout: 100_000,
        maxBuffer: 16 * 1024 * 1024,
      };
      const child = execFile(file, [...before, ...args], options, (_error, out, err) => {
        resolve({ out, err, exit: child.exitCode ?? -1 });
      });
      child.stdin?.on('error', () => {});
      child.stdin?.end(input);
    });
  }

  /** Starts a command that goes on; `ended` is its exit code, or -1 where a signal ended it. */
  start(args: string[]): Going {
    const [file = '', ...before] = this.#command;
    const child = spawn(file, [...before, ...args], { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    // Listened for from here: it may end while a test awaits something else.
    const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : -1));
    ended.catch(() => {});
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    this.#running.push(child);
    return Object.assign(child, { said: () => said, ended });
  }

  /** Starts a hub; returns when it listens. */
  async hub(...args: string[]): Promise<ChildProcess> {
    const child = this.start(['hub', '--listen', '127.0.0.1:0', '--no-own-worker', ...args]);
    for (;;) {
      const told = await readFile(join(this.home, 'hub', 'hub.json'), 'utf8').catch(() => undefined);
      if (told !== undefined) return child;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`the hub ended:\n${child.said()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(late);
    }
    await rm(this.home, { recursive: true, force: true });
  }
}

/** Until the text has been said. */
export async function until(
  child: { said: () => string; exitCode: number | null },
  pattern: RegExp,
): Promise<void> {
  while (!pattern.test(child.said())) {
    if (child.exitCode !== null) throw new Error(`it ended without saying ${pattern}:\n${child.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
