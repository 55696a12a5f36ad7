/**
 * Copies growing log files from mock's result folder into the order's.
 *
 * Invariant: the copy is always a beginning of the original, and after `finish` all of it. mock writes as another
 * user into a folder of its own, so the order's folder never has to be open to that user.
 */
import { constants, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

const everyMs = 200;

export class LogFollower {
  readonly #from: string;
  readonly #to: string;
  readonly #names: readonly string[];
  readonly #read = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  readonly #watcher: ReturnType<typeof watch> | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(from: string, to: string, names: readonly string[]) {
    this.#from = from;
    this.#to = to;
    this.#names = names;
    const soon = (): void => {
      this.#round = this.#round.then(() => this.#copyAll());
    };
    // The watcher makes it quick, the timer makes it sure.
    this.#timer = setInterval(soon, everyMs);
    this.#timer.unref();
    this.#watcher = watch(from, soon);
    this.#watcher.on('error', () => {});
  }

  async finish(): Promise<void> {
    clearInterval(this.#timer);
    this.#watcher?.close();
    await this.#round;
    await this.#copyAll();
  }

  async #copyAll(): Promise<void> {
    for (const name of this.#names) await this.#copy(name);
  }

  async #copy(name: string): Promise<void> {
    let source: FileHandle | undefined;
    let target: FileHandle | undefined;
    try {
      // The folder is the build user's: a link in it is not followed with our rights.
      source = await open(
        join(this.#from, name),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      if (!(await source.stat()).isFile()) return;
      target = await open(join(this.#to, name), 'a');
      const buffer = Buffer.alloc(1 << 16);
      for (;;) {
        const position = this.#read.get(name) ?? 0;
        const { bytesRead } = await source.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) return;
        await target.writeFile(buffer.subarray(0, bytesRead));
        this.#read.set(name, position + bytesRead);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      await source?.close();
      await target?.close();
    }
  }
}
