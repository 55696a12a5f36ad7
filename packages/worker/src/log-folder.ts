/**
 * Ships all logs of one attempt while they are written.
 *
 * Invariant: every regular file that ever stood in the folder under a contract's name is shipped from its first byte;
 * links are not followed, so a build cannot have another file of this machine shown.
 */
import { appendFileSync, constants, type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeaseLost, LeaseLost, text } from './failure.ts';
import { oneLine } from './journal.ts';
import type { Line } from './line.ts';
import { LogShipper } from './log-shipper.ts';
import { isFileName, ownLog } from './names.ts';
import type { Held } from './running.ts';

/** Notices of the file system may be lost or not be had at all. */
const lookMs = 100;
const mostLogs = 100;

export class LogFolder {
  readonly dir: string;
  readonly #line: Line;
  readonly #held: Held;
  readonly #abort: AbortController;
  readonly #shippers = new Map<string, LogShipper>();
  readonly #seen = new Set<string>();
  readonly #runs: Promise<void>[] = [];
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #again = false;

  /** @param abort aborted with `LeaseLost` when the hub says so to a piece of log. */
  constructor(dir: string, line: Line, held: Held, abort: AbortController) {
    this.dir = dir;
    this.#line = line;
    this.#held = held;
    this.#abort = abort;
  }

  start(): void {
    try {
      this.#watcher = watch(this.dir, { persistent: false }, (_, name) => {
        const shipper = name === null ? undefined : this.#shippers.get(name);
        if (shipper !== undefined) shipper.kick();
        else this.#look();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // No inotify watches left on this machine: looking every 100 ms is enough.
    }
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#look();
  }

  /** A line of the worker's own into the attempt's log `worker.log`. */
  note(sentence: string): void {
    try {
      const line = `${new Date().toISOString()} ${oneLine(sentence)}\n`;
      appendFileSync(join(this.dir, ownLog), line, { flag: 'a' });
      this.#look();
    } catch {
      // The disk may be full; the attempt's failure says so.
    }
  }

  /** Ships what is left and says that each log is complete. Nothing may write to the folder any more. */
  async finish(): Promise<void> {
    this.stop();
    await this.#looking;
    await this.#open().catch(() => undefined);
    for (const shipper of this.#shippers.values()) shipper.end();
    await Promise.all(this.#runs);
    if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
  }

  stop(): void {
    this.#watcher?.close();
    clearInterval(this.#timer);
  }

  #look(): void {
    this.#again = true;
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined;
    });
  }

  async #lookAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      // A folder that cannot be read now (no descriptors, say) is looked at again in 100 ms.
      await this.#open().catch(() => undefined);
      for (const shipper of this.#shippers.values()) shipper.kick();
    }
  }

  async #open(): Promise<void> {
    for (const name of await readdir(this.dir)) {
      if (this.#seen.has(name) || !isFileName(name) || this.#seen.size >= mostLogs) continue;
      const file = await openLog(join(this.dir, name));
      this.#seen.add(name);
      if (file !== undefined) this.#runs.push(this.#ship(name, file));
    }
  }

  async #ship(name: string, file: FileHandle): Promise<void> {
    const params = { id: this.#held.task, attempt: this.#held.attempt, log: name };
    const signal = this.#abort.signal;
    const shipper = new LogShipper(file, async (body, offset, complete) => {
      const query = complete ? { offset, complete } : { offset };
      return (await this.#line.call('appendLog', { params, query, body }, { signal })).size;
    });
    this.#shippers.set(name, shipper);
    try {
      const shipped = await Promise.race([shipper.run(), aborted(signal)]);
      // Told in the worker's own log, unless it is that log that is not taken.
      if (!shipped.whole && name !== ownLog) this.note(`no more of ${name} is sent: ${shipped.why}`);
    } catch (error) {
      if (isLeaseLost(error) && !signal.aborted) this.#abort.abort(new LeaseLost(text(error)));
      else if (!signal.aborted && name !== ownLog) this.note(`no more of ${name} is sent: ${text(error)}`);
    } finally {
      this.#shippers.delete(name);
      shipper.end();
      await file.close().catch(() => undefined);
    }
  }
}

async function openLog(path: string): Promise<FileHandle | undefined> {
  // Not blocking: a build may put a pipe there.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP' || error.code === 'ENXIO') return undefined;
      throw error;
    },
  );
  if (file === undefined || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    if (signal.aborted) fail(signal.reason);
    else signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  });
}
