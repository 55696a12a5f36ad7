/** What happens when, the soonest first; at one moment in the order in which it was added. A binary heap. */

interface Entry<T> {
  at: number;
  serial: number;
  value: T;
}

export class Queue<T> {
  readonly #heap: Entry<T>[] = [];
  #serial = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(at: number, value: T): void {
    const entry = { at, serial: this.#serial++, value };
    let here = this.#heap.push(entry) - 1;
    while (here > 0) {
      const above = (here - 1) >> 1;
      const other = this.#heap[above];
      if (other === undefined || !sooner(entry, other)) break;
      this.#heap[here] = other;
      here = above;
    }
    this.#heap[here] = entry;
  }

  take(): { at: number; value: T } | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let here = 0;
    for (;;) {
      let child = 2 * here + 1;
      let below = this.#heap[child];
      const right = this.#heap[child + 1];
      if (below !== undefined && right !== undefined && sooner(right, below)) {
        below = right;
        child++;
      }
      if (below === undefined || !sooner(below, last)) break;
      this.#heap[here] = below;
      here = child;
    }
    this.#heap[here] = last;
    return first;
  }

  /** The next one, if it is at this very moment. */
  takeAt(at: number): { at: number; value: T } | undefined {
    return this.#heap[0]?.at === at ? this.take() : undefined;
  }
}

function sooner<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.serial < b.serial);
}
