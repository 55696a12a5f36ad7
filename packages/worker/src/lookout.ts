/**
 * Hears at once from the hub what must be stopped, beside the heartbeat, which hears it late.
 *
 * Invariant: while attempts are held, one question about exactly those waits at the hub or is about to. What it brings
 * is treated as a heartbeat's answer; no answer, or a hub that does not know the question, stops nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem, type WorkerStanding } from '@moromi/contract';
import { aborted } from './aborted.ts';
import { text } from './failure.ts';
import type { Heart } from './heart.ts';
import type { Journal } from './journal.ts';
import type { Line } from './line.ts';

/** The hub answers within 25 s; what takes much longer was cut. */
const waitSeconds = 25;
const timeoutMs = 40_000;
/** Between two questions of which the first brought nothing, in milliseconds: half of it at least. */
const restMs = 2000;

const meanings: Record<WorkerStanding, string> = {
  enabled: 'takes tasks again',
  disabled: 'was disabled: it gets nothing new and finishes what it has',
  draining: 'is draining: it gets nothing new and finishes what it has',
  quarantined: 'is quarantined: it gets nothing, and what it had was taken from it',
  aside: 'was set aside because builds failed on it: it gets nothing new until somebody enables it',
};

export class Lookout {
  readonly #line: Line;
  readonly #heart: Heart;
  readonly #journal: Journal;
  #standing: WorkerStanding = 'enabled';

  constructor(line: Line, heart: Heart, journal: Journal) {
    this.#line = line;
    this.#heart = heart;
    this.#journal = journal;
  }

  /** Runs until the signal, or until a hub says that it knows no such question. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { changed } = this.#heart;
      const either = AbortSignal.any([signal, changed]);
      if (this.#heart.held.length === 0) {
        await aborted(either);
        continue;
      }
      try {
        // At once again where there was news; otherwise a hub that answers early is not asked without end.
        if (await this.#ask(either)) continue;
      } catch (error) {
        if (error instanceof Problem && error.code === 'not_found') {
          this.#journal.debug('the hub is older and cannot tell at once what is to be stopped');
          return;
        }
        if (!either.aborted) this.#journal.debug(`watching: ${text(error)}`);
      }
      await delay(restMs * (0.5 + Math.random() / 2), undefined, { signal: either }).catch(() => undefined);
    }
  }

  /** @returns whether it brought anything, or took its time */
  async #ask(signal: AbortSignal): Promise<boolean> {
    const asked = performance.now();
    const tasks = this.#heart.held;
    const body = { tasks, standing: this.#standing, waitSeconds };
    const { lost, standing } = await this.#line.once('watchTasks', { body }, { signal, timeoutMs });
    this.#heart.hear(tasks, { lost });
    const news = standing !== this.#standing;
    this.#standing = standing;
    if (news) this.#journal[standing === 'enabled' ? 'info' : 'warn'](`this worker ${meanings[standing]}`);
    return news || lost.length > 0 || performance.now() - asked > restMs;
  }
}
