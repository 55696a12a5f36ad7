/**
 * The one heartbeat of a worker, for all its attempts and for itself.
 *
 * Invariant: a beat is under way or due within its heartbeat time, also of a worker that has nothing to do and nothing
 * to say, for it brings what the hub asks; when a hub answers that an attempt is lost, its controller is aborted at once.
 * No answer is no reason to stop anything.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Heartbeat, HeartbeatReply, Lease, Unfit } from '@moromi/contract';
import { isStranger, LeaseLost } from './failure.ts';
import type { Journal } from './journal.ts';
import type { Line } from './line.ts';
import type { Held } from './running.ts';

interface Beating {
  attempt: number;
  seconds: number;
  abort: AbortController;
}

/** Time for one beat; a hub that takes longer is as good as away, and another may answer. */
const beatTimeoutMs = 5_000;
const awayMs = 1500;

export class Heart {
  readonly #line: Line;
  readonly #journal: Journal;
  /** Called when the hub no longer knows this worker: nothing that it does can be accepted. */
  readonly #disowned: (problem: unknown) => void;
  /** Called with every answer in which the hub asks the worker to look at itself again. */
  readonly #asked: (ask: number) => void;
  /** Between beats of a worker that holds nothing; never more with something. */
  readonly #idleSeconds: number;
  readonly #held = new Map<number, Beating>();
  #kick = new AbortController();
  #changed = new AbortController();
  #leaving = false;
  /** null: what was said before is over, and no hub has heard that yet. */
  #unfit: Unfit | null | undefined;

  constructor(
    line: Line,
    journal: Journal,
    disowned: (problem: unknown) => void,
    asked: (ask: number) => void,
    idleSeconds = 10,
  ) {
    this.#line = line;
    this.#journal = journal;
    this.#disowned = disowned;
    this.#asked = asked;
    this.#idleSeconds = idleSeconds;
  }

  get held(): Held[] {
    return [...this.#held].map(([task, { attempt }]) => ({ task, attempt }));
  }

  /** Aborted when other attempts are held than now; taken anew after that. */
  get changed(): AbortSignal {
    return this.#changed.signal;
  }

  /** Holds the lease from now on; the first beat goes out at once. */
  add(lease: Lease, abort: AbortController): void {
    this.#held.set(lease.task, { attempt: lease.attempt, seconds: lease.heartbeatSeconds, abort });
    this.#kick.abort();
    this.#change();
  }

  remove(held: Held): void {
    if (this.#held.get(held.task)?.attempt !== held.attempt) return;
    this.#held.delete(held.task);
    this.#change();
  }

  /** Tells the hub at once, and with every beat from now on, that no more work is taken. */
  leave(): void {
    this.#leaving = true;
    this.#kick.abort();
  }

  /** Says why nothing is taken, at once and with every beat from now on; null is said until a hub has heard it once. */
  tell(unfit: Unfit | null): void {
    const news = unfit?.code !== this.#unfit?.code;
    this.#unfit = unfit;
    if (news) this.#kick.abort();
  }

  /** Beats until the signal; the only loop that does. */
  async beat(signal: AbortSignal): Promise<void> {
    for (let due = false; !signal.aborted; ) {
      this.#kick = new AbortController();
      const answered = await this.#once(signal, due);
      const wake = AbortSignal.any([signal, this.#kick.signal]);
      if (wake.aborted && answered) continue;
      due = await delay(answered ? this.#interval() : awayMs * (0.5 + Math.random() / 2), undefined, {
        // While no hub answers, a kick must not turn the loop into a busy one.
        signal: answered ? wake : signal,
      }).then(
        () => true,
        () => false,
      );
    }
  }

  /** @param due also where there is nothing to say */
  async #once(signal: AbortSignal, due: boolean): Promise<boolean> {
    const tasks = this.held;
    const unfit = this.#unfit;
    if (!due && tasks.length === 0 && !this.#leaving && unfit === undefined) return true;
    try {
      const body: Heartbeat = {
        tasks,
        clock: new Date().toISOString(),
        ...(this.#leaving ? { leaving: true } : {}),
        ...(unfit === undefined ? {} : { unfit }),
      };
      const reply = await this.#line.once('heartbeat', { body }, { signal, timeoutMs: beatTimeoutMs });
      if (unfit === null && this.#unfit === null) this.#unfit = undefined;
      this.hear(tasks, reply);
      if (reply.refresh !== undefined) this.#asked(reply.refresh);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      if (isStranger(error)) {
        this.#disowned(error);
      } else {
        this.#journal.debug(`heartbeat: ${String(error)}`);
      }
      return false;
    }
  }

  /**
   * Stops what a hub calls lost.
   * @param asked what it was asked about
   */
  hear(asked: readonly Held[], { lost }: Pick<HeartbeatReply, 'lost'>): void {
    for (const { task, why } of lost) {
      const held = this.#held.get(task);
      // The answer is about the attempt that was asked for; a newer one of the same task is not meant.
      if (held === undefined || !asked.some((one) => one.task === task && one.attempt === held.attempt))
        continue;
      this.#held.delete(task);
      held.abort.abort(new LeaseLost(why));
      this.#change();
    }
  }

  #change(): void {
    const before = this.#changed;
    this.#changed = new AbortController();
    before.abort();
  }

  /** In milliseconds: the shortest of those held, a little early so that a fleet does not beat in step. */
  #interval(): number {
    let seconds = this.#idleSeconds;
    for (const beating of this.#held.values()) seconds = Math.min(seconds, beating.seconds);
    return Math.max(100, seconds * 1000 * (0.8 + Math.random() * 0.2));
  }
}
