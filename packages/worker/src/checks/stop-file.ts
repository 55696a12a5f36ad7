/**
 * The file that stops a builder gracefully: while it is there nothing is begun and what runs is finished.
 *
 * Invariant: a file of another user than root and this worker's own stops nothing, because anybody can make files in
 * /tmp, where ALBS has taught people to put it; nor does one with a second name, which a stranger may have given it.
 */
import { lstat } from 'node:fs/promises';
import type { Unfit } from '@moromi/contract';
import type { Journal } from '../journal.ts';
import type { Check } from './check.ts';

/** As ALBS's build nodes have it. */
const usualPath = '/tmp/graceful_stop';

export class StopFileCheck implements Check {
  readonly #paths: readonly string[];
  readonly #journal: Journal;
  readonly #ignored = new Set<string>();

  /** @param own in the worker's home */
  constructor(own: string, journal: Journal, shared = usualPath) {
    this.#paths = [own, shared];
    this.#journal = journal;
  }

  async look(): Promise<Unfit | null> {
    for (const path of this.#paths) {
      if (await this.#counts(path))
        return { code: 'stop_file', reason: `${path} is there; remove it and the worker goes on` };
    }
    return null;
  }

  async #counts(path: string): Promise<boolean> {
    const there = await lstat(path).catch(() => undefined);
    if (there === undefined) {
      this.#ignored.delete(path);
      return false;
    }
    const ours = there.uid === 0 || there.uid === process.geteuid?.();
    if (ours && (there.isDirectory() || there.nlink === 1)) return true;
    if (!this.#ignored.has(path)) {
      this.#ignored.add(path);
      const why = ours ? 'it has a second name' : `it belongs to user ${there.uid}`;
      this.#journal.warn(
        `${path} stops nothing: ${why}; only a file of root's or of this worker's user does`,
      );
    }
    return false;
  }
}
