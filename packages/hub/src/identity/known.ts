/**
 * Who a token is, remembered while it is in use: a worker says several things in the same second.
 *
 * Invariant: what is remembered is forgotten at every hint of tokens, here at once and at other hubs as soon as they
 * hear of it, and is read anew at every sweep in any case; so a token that was taken back is good nowhere for longer
 * than that takes. What was read before something was forgotten is not remembered after it.
 */
import { type Ledger, log, Together } from '../ledger/index.ts';
import { findTokens, type TokenFacts } from './queries.ts';

/** More are not remembered at a time. */
const most = 10_000;
/** What was not used for so many sweeps is forgotten. */
const idleSweeps = 30;

interface Remembered {
  facts: TokenFacts;
  idle: number;
}

export class KnownTokens {
  readonly #ledger: Ledger;
  readonly #asked: Together<string, TokenFacts | undefined>;
  #known = new Map<string, Remembered>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#asked = new Together(async (hashes) => {
      const found = new Map((await findTokens(ledger.read, hashes)).map((one) => [one.hash, one]));
      return hashes.map((hash) => found.get(hash));
    });
    const forget = (): void => {
      this.#known = new Map();
    };
    let reading = false;
    const readAnew = (): void => {
      // A database that does not answer says nothing of who was taken back since.
      if (reading) {
        forget();
        return;
      }
      reading = true;
      this.#readAnew()
        .catch((error: unknown) => {
          log('debug', 'tokens could not be read anew', { error: String(error) });
          forget();
        })
        .finally(() => {
          reading = false;
        });
    };
    ledger.hints.on('tokens', forget, readAnew);
  }

  async find(hash: string): Promise<TokenFacts | undefined> {
    const kept = this.#known;
    const known = kept.get(hash);
    if (known !== undefined) {
      known.idle = 0;
      return known.facts;
    }
    const found = await this.#asked.ask(hash);
    if (found !== undefined && !found.over && kept.size < most) kept.set(hash, { facts: found, idle: 0 });
    return found;
  }

  async #readAnew(): Promise<void> {
    const before = this.#known;
    if (before.size === 0) return;
    const found = await findTokens(this.#ledger.read, [...before.keys()]);
    if (this.#known !== before) return;
    this.#known = new Map();
    for (const facts of found) {
      const idle = (before.get(facts.hash)?.idle ?? 0) + 1;
      if (!facts.over && idle <= idleSweeps) this.#known.set(facts.hash, { facts, idle });
    }
  }
}
