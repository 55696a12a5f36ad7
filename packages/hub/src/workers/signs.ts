/**
 * Signs of life: what a worker says of itself with each claim and heartbeat.
 *
 * Invariant: those that come at one time are noted together; of several of one worker the last counts, in each thing
 * that they say.
 */
import { Problem } from '@moromi/contract';
import { type Ledger, Together } from '../ledger/index.ts';
import { type Sign, seen, type WorkerFacts } from './queries.ts';

export class Signs {
  readonly #noted: Together<{ name: string; sign: Sign }, WorkerFacts | undefined>;

  constructor(ledger: Ledger) {
    this.#noted = new Together(async (list) => {
      const signs = new Map<string, Sign>();
      for (const { name, sign } of list) signs.set(name, { ...signs.get(name), ...sign });
      const found = await seen(ledger.read, signs);
      return list.map(({ name }) => found.get(name));
    });
  }

  /** @throws Problem unknown_worker */
  async note(name: string, sign: Sign): Promise<WorkerFacts> {
    const worker = await this.#noted.ask({ name, sign });
    if (worker === undefined) throw new Problem('unknown_worker');
    return worker;
  }
}
