/**
 * Waiting to be told to look again.
 *
 * Invariant: a ring is never lost: one that comes while nobody waits ends the next wait at once.
 */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Until the next ring, or for so many milliseconds, or until the signal (then it throws). */
  async next(signal: AbortSignal, longest?: number): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = longest === undefined ? undefined : setTimeout(resolve, longest);
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
        void timer?.unref;
      });
    }
    this.#wake = undefined;
    this.#rung = false;
    signal.throwIfAborted();
  }
}
