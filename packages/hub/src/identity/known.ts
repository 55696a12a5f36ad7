/**
 * Who a token is, remembered for a moment: a worker says several things in the same second.
 *
 * Invariant: what is remembered is forgotten at every hint of tokens, here at once and at other hubs as soon as they
 * hear of it, and at every sweep in any case; so a token that was taken back is good nowhere for longer than a second.
 * What was read before something was forgotten is not remembered after it.
 */
import type { Ledger } from '../ledger/index.ts';
import { findToken, type TokenFacts } from './queries.ts';

/** More are not remembered between two sweeps. */
const most = 10_000;

export class KnownTokens {
  readonly #ledger: Ledger;
  #known = new Map<string, TokenFacts>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    ledger.hints.on('tokens', () => {
      this.#known = new Map();
    });
  }

  async find(hash: string): Promise<TokenFacts | undefined> {
    const kept = this.#known;
    const known = kept.get(hash);
    if (known !== undefined) return known;
    const found = await findToken(this.#ledger.read, hash);
    if (found !== undefined && !found.over && kept.size < most) kept.set(hash, found);
    return found;
  }
}
