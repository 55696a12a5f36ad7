/**
 * The most memory that the steps in a root had at one time, found by looking at them now and then.
 *
 * Invariant: looking never fails a build and never outlives what it looks at. What rose and fell between two looks is
 * not seen; that is why whoever uses the number adds a margin.
 */

/** The first looks come soon after each other, so that short steps are seen at all. Milliseconds. */
const firstMs = 50;
const usualMs = 500;

export class MemoryWatch {
  #peak = 0;

  /**
   * @param look what is held now, in bytes
   * @returns ends the looking
   */
  start(look: () => Promise<number>): () => void {
    let running = true;
    let pause = firstMs;
    let timer: NodeJS.Timeout;
    const later = (): void => {
      timer = setTimeout(() => void once(), pause);
      timer.unref();
      pause = Math.min(usualMs, pause * 2);
    };
    const once = async (): Promise<void> => {
      const bytes = await look().catch(() => 0);
      if (!running) return;
      this.#peak = Math.max(this.#peak, bytes);
      later();
    };
    later();
    return () => {
      running = false;
      clearTimeout(timer);
    };
  }

  /** In MiB, rounded up; 0 where nothing could be seen. */
  get mib(): number {
    return Math.ceil(this.#peak / 2 ** 20);
  }
}
