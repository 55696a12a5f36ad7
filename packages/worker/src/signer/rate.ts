/**
 * How much each rule has let through in the last hour.
 *
 * Invariant: a signer that is started again has let through what its journal says, so a rate holds over restarts.
 */
import type { Chain } from './chain.ts';

const hourMs = 3_600_000;

export class Rates {
  /** Times by rule, in milliseconds since 1970, the oldest first. */
  readonly #times = new Map<string, number[]>();

  static async from(chain: Chain, now = Date.now()): Promise<Rates> {
    const rates = new Rates();
    for await (const { event, at, rule } of chain.lines())
      if (event === 'signing' && typeof rule === 'string' && now - Date.parse(at) < hourMs)
        rates.add(rule, Date.parse(at));
    return rates;
  }

  add(rule: string, at = Date.now()): void {
    const times = this.#times.get(rule) ?? [];
    this.#times.set(rule, times);
    times.push(at);
  }

  used(rule: string, now = Date.now()): number {
    const times = this.#times.get(rule) ?? [];
    while ((times[0] ?? Number.POSITIVE_INFINITY) <= now - hourMs) times.shift();
    return times.length;
  }
}
