/**
 * What addresses of revisions name, remembered for some seconds.
 *
 * Invariant: only addresses with a revision's number are remembered, whose bytes never change; what is not there is asked
 * for again each time. So an expired revision may be given a little longer where a hub has not heard of it, and nothing
 * else is ever stale.
 */

export interface Named {
  sha256: string;
  size: number;
  type: string;
}

const lifeMs = 10_000;
const most = 20_000;

export class KnownAddresses {
  readonly #known = new Map<string, { named: Promise<Named>; until: number }>();

  /** Several that ask for the same at once ask the ledger once. */
  async find(address: string, look: () => Promise<Named>): Promise<Named> {
    const now = performance.now();
    const known = this.#known.get(address);
    if (known !== undefined && known.until > now) return await known.named;
    const named = look();
    this.#known.delete(address);
    this.#known.set(address, { named, until: now + lifeMs });
    this.#trim();
    try {
      return await named;
    } catch (error) {
      if (this.#known.get(address)?.named === named) this.#known.delete(address);
      throw error;
    }
  }

  /** Revisions have expired. */
  clear(): void {
    this.#known.clear();
  }

  #trim(): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > most) this.#known.delete(oldest);
  }
}
