/**
 * One process that a test has started, and what it said.
 *
 * Invariant: what it says is kept from its first byte, so a wait that begins late misses nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';

const keptChars = 400_000;

export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class Program {
  readonly name: string;
  readonly ended: Promise<Ending>;
  ending: Ending | undefined;
  #child: ChildProcess;
  #said = '';
  readonly #listeners = new Set<() => void>();

  constructor(name: string, command: readonly string[], env: Record<string, string>, cwd: string) {
    this.name = name;
    const [file = '', ...args] = command;
    // A group of its own, so that a signal for the tests is not one for it.
    const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-keptChars);
        this.#wake();
      });
    }
    // Not `close`: grandchildren may hold the pipes.
    this.ended = new Promise((resolve) => {
      const over = (ending: Ending): void => {
        this.ending = ending;
        this.#wake();
        resolve(ending);
      };
      child.on('exit', (code, signal) => over({ code, signal }));
      child.on('error', (error) => {
        this.#said += String(error);
        over({ code: 127, signal: null });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get said(): string {
    return this.#said;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Waits until it has said this; throws when it ends before, or after `ms`. */
  async says(what: RegExp, ms = 120_000): Promise<RegExpExecArray> {
    return await this.wait(`${this.name} says ${what}`, ms, () => what.exec(this.#said) ?? undefined);
  }

  /** Waits for its end. */
  async ends(ms = 120_000): Promise<Ending> {
    return await this.wait(`${this.name} ends`, ms, () => this.ending);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  tail(lines = 40): string {
    const state = this.ending === undefined ? 'runs' : `ended with ${JSON.stringify(this.ending)}`;
    return `--- ${this.name} (${this.pid}) ${state}\n${this.#said.split('\n').slice(-lines).join('\n')}`;
  }

  async wait<T>(what: string, ms: number, look: () => T | undefined): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(check);
      };
      const check = (): void => {
        const found = look();
        if (found !== undefined) {
          done();
          resolve(found);
        } else if (this.ending !== undefined) {
          done();
          reject(new Error(`it ended before: ${what}\n${this.tail()}`));
        }
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`not within ${ms / 1000} s: ${what}\n${this.tail()}`));
      }, ms);
      this.#listeners.add(check);
      check();
    });
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
