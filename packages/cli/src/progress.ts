/**
 * The display of running tasks on a terminal: one line each, with the time it has run and the last line of its log.
 *
 * Invariant: it is a display only: nothing of what it shows or fails to fetch changes what is watched. On a screen that
 * is not lively it does nothing.
 */
import type { Task } from '@moromi/contract';
import { type Arrows, isOver, titleOf } from './arrows.ts';
import { printable } from './escape.ts';
import { span } from './figures.ts';
import { LiveRegion } from './live.ts';
import type { Session } from './session.ts';
import { LogTail } from './tail.ts';

/** Lines that the region takes at most. */
const most = 12;

export class Progress {
  readonly #session: Session;
  readonly #arrows: Arrows;
  readonly #region: LiveRegion | undefined;
  readonly #tails = new Map<number, LogTail>();
  /** When each running task was leased, in the hub's time. */
  readonly #started = new Map<number, number>();
  /** The hub's time when our own clock stood at zero: the two may differ. Milliseconds. */
  readonly #hubEpoch: number;

  #noted = Number.NEGATIVE_INFINITY;

  /** @param hubTime what the hub says the time is, RFC 3339 */
  constructor(session: Session, arrows: Arrows, hubTime: string | undefined) {
    this.#hubEpoch = Date.parse(hubTime ?? '') - performance.now();
    this.#session = session;
    this.#arrows = arrows;
    if (session.screen.lively) this.#region = new LiveRegion(session.screen, () => this.#lines());
  }

  changed(task: Task): void {
    if (this.#region === undefined) return;
    this.#tails.get(task.id)?.stop();
    this.#tails.delete(task.id);
    if (task.state !== 'leased') return;
    const now = this.#hubEpoch + performance.now();
    // An event tells of a lease as it happens; what is read may have run for a while.
    this.#started.set(task.id, task.startedAt === null ? now : Date.parse(task.startedAt));
    this.#tails.set(task.id, new LogTail(this.#session, task.id));
  }

  /** A cut that lasts makes many tries: one note in a while is enough. */
  note(sentence: string): void {
    if (performance.now() - this.#noted < 10_000) return;
    this.#noted = performance.now();
    this.#session.screen.note(`moromi: ${sentence}`);
  }

  end(): void {
    for (const tail of this.#tails.values()) tail.stop();
    this.#tails.clear();
    this.#region?.end();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #elapsed(task: Task): string {
    const since = this.#started.get(task.id) ?? Number.NaN;
    return Number.isNaN(since) ? '' : span((this.#hubEpoch + performance.now() - since) / 1000);
  }

  #lines(): string[] {
    const open = this.#arrows.tasks.filter((task) => !isOver(task.state));
    const running = open.filter((task) => task.state === 'leased');
    const shown = running.slice(0, most - 1);
    const lines = shown.map((task) => {
      const elapsed = this.#elapsed(task);
      const last = this.#tails.get(task.id)?.last ?? '';
      return `${titleOf(task)}  ${elapsed}${last === '' ? '' : `  | ${last}`}`;
    });
    if (running.length > shown.length) lines.push(`… ${running.length - shown.length} more running`);
    for (const task of open.filter(({ state }) => state === 'free').slice(0, most - lines.length)) {
      lines.push(
        `${titleOf(task)}  waits${task.waiting === null ? '' : `: ${printable(task.waiting.reason)}`}`,
      );
    }
    return lines.length === 0 ? [] : ['', ...lines];
  }
}
