/**
 * Who a token is, remembered for a moment: a worker says several things in the same second.
 *
 * Invariant: what is remembered is forgotten at every hint of tokens, here at once and at other hubs as soon as they
 * hear of it, and at every sweep in any case; so a token that was taken back is good nowhere for longer than a second.
 * What was read before something was forgotten is not remembered after it.
 */
import { type Ledger, Together } from '../ledger/index.ts';
import { findTokens, type TokenFacts } from './queries.ts';

/** More are not remembered between two sweeps. */
const most = 10_000;

export class KnownTokens {
  readonly #asked: Together<string, TokenFacts | undefined>;
  #known = new Map<string, TokenFacts>();

  constructor(ledger: Ledger) {
    this.#asked = new Together(async (hashes) => {
      const found = new Map((await findTokens(ledger.read, hashes)).map((one) => [one.hash, one]));
      return hashes.map((hash) => found.get(hash));
    });
    ledger.hints.on('tokens', () => {
      this.#known = new Map();
    });
  }

  async find(hash: string): Promise<TokenFacts | undefined> {
    const kept = this.#known;
    const known = kept.get(hash);
    if (known !== undefined) return known;
    const found = await this.#asked.ask(hash);
    if (found !== undefined && !found.over && kept.size < most) kept.set(hash, found);
    return found;
  }
}
