/**
 * The attempts that this worker holds, as its disk remembers them.
 *
 * Invariant: a file `running/<task>-<attempt>.json` stands from before the work of a lease starts until the hub has its
 * result or its release; so the next start knows what a killed worker left behind and gives it back at once.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeWhole, writeWhole } from './whole-file.ts';

export interface Held {
  task: number;
  attempt: number;
}

export function attemptName(held: Held): string {
  return `${held.task}-${held.attempt}`;
}

export class Running {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(held: Held, label: string): Promise<void> {
    await writeWhole(
      this.#path(held),
      `${JSON.stringify({ ...held, label, pid: process.pid })}\n`,
      'running',
    );
  }

  async remove(held: Held): Promise<void> {
    await removeWhole(this.#path(held), 'running');
  }

  /** What an earlier process of this worker held when it ended. The names tell all; the content is for people. */
  async left(): Promise<Held[]> {
    const found: Held[] = [];
    for (const name of await readdir(this.#folder)) {
      const match = /^([1-9][0-9]{0,15})-([1-9][0-9]{0,8})\.json$/.exec(name);
      if (match === null) await rm(join(this.#folder, name), { force: true, recursive: true });
      else found.push({ task: Number(match[1]), attempt: Number(match[2]) });
    }
    return found;
  }

  #path(held: Held): string {
    return join(this.#folder, `${attemptName(held)}.json`);
  }
}
