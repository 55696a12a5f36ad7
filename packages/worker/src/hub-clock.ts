/**
 * How far this machine's clock is from the hub's, learned from the `Date` of the hub's replies.
 *
 * Invariant: only what the time that a reply took cannot explain counts, so a slow hub, a long poll or a worker that was
 * frozen in between never makes a clock wrong. Nothing else is decided by either clock.
 *
 * `Date` is when the reply was made, in whole seconds (RFC 9110, 6.6.1).
 */
export class HubClock {
  #ahead: number | undefined;

  /** Seconds by which this clock is ahead of the hub's, below 0 where it is behind; undefined before any reply. */
  get ahead(): number | undefined {
    return this.#ahead;
  }

  /**
   * @param date the header as it came
   * @param sent when the request went out, in milliseconds of this clock
   * @param received when the reply was there, likewise
   */
  hear(date: string | null, sent: number, received: number): void {
    const from = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(from)) return;
    const until = from + 1000;
    const [first, last] = sent <= received ? [sent, received] : [received, sent];
    if (first > until) this.#ahead = (first - until) / 1000;
    else if (last < from) this.#ahead = (last - from) / 1000;
    else this.#ahead = 0;
  }
}
