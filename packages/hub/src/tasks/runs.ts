/**
 * What runs now, by owner and by tag, as looks at the queues see it.
 *
 * Invariant: advice. It is a second old at most, and what this hub has given out since is counted; where quotas hang on
 * it, it is read anew.
 */
import type { Reader } from '../ledger/index.ts';
import type { TaskFacts } from './queries.ts';
import { type RunningRow, runningSums } from './snapshot-queries.ts';

const goodForMs = 1000;

export class Runs {
  #known: RunningRow[] = [];
  #at = Number.NEGATIVE_INFINITY;

  async read(reader: Reader, fresh: boolean): Promise<readonly RunningRow[]> {
    const at = performance.now();
    if (fresh || at - this.#at > goodForMs) {
      this.#known = await runningSums(reader);
      this.#at = at;
    }
    return this.#known;
  }

  given(tasks: readonly Pick<TaskFacts, 'owner' | 'tag' | 'seconds' | 'weight'>[]): void {
    for (const { owner, tag, seconds, weight } of tasks) {
      this.#add({ owner, tag: null }, seconds * weight);
      if (tag !== null) this.#add({ owner: null, tag }, seconds * weight);
    }
  }

  #add({ owner, tag }: Pick<RunningRow, 'owner' | 'tag'>, seconds: number): void {
    const row = this.#known.find((one) => one.owner === owner && one.tag === tag);
    if (row === undefined) this.#known.push({ owner, tag, seconds, tasks: 1 });
    else {
      row.seconds += seconds;
      row.tasks++;
    }
  }
}
