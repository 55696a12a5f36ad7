/**
 * Looking at the git catalogue, and taking over what it says.
 *
 * Invariant: it is fetched and read before the transaction that takes it over begins. Whatever is wrong, with the way there or
 * with what stands there, leaves the last good commit in force and is kept, and told once.
 *
 * A sweep looks, and no task: there is one such repository and one git to wait for, nothing waits for it or is
 * scheduled around it, and what is wrong is asked of the catalogue (`catalogue-info`), where a task would be one of many.
 * Of several hubs the one that takes the turn looks.
 */
import { type CatalogueSynced, Problem } from '@moromi/contract';
import type { OnAltered } from '../../catalog/index.ts';
import { type Ledger, log, type Tx, tell } from '../../ledger/index.ts';
import { applyCommit } from './apply.ts';
import { fetchFiles, newestCommit } from './fetch.ts';
import { findSource, type Source, setApplied, setLooked, setTrouble, takeTurn } from './queries.ts';
import { type Catalogue, readCatalogue } from './read.ts';

/** Takes back all that a look at what would change has done. */
class Undone extends Error {
  readonly shown: CatalogueSynced;

  constructor(shown: CatalogueSynced) {
    super('this was to be looked at alone');
    this.shown = shown;
  }
}

export class GitCatalogue {
  readonly #ledger: Ledger;
  readonly #onAltered: OnAltered;
  readonly #stop = new AbortController();
  /** One look at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(ledger: Ledger, onAltered: OnAltered) {
    this.#ledger = ledger;
    this.#onAltered = onAltered;
  }

  close(): void {
    this.#stop.abort(new Error('the hub is stopping'));
  }

  /** What the sweep does. */
  async sweep(): Promise<void> {
    const source = await this.#ledger.tx('catalogue.turn', (tx) => takeTurn(tx));
    if (source === undefined) return;
    try {
      if (source.trouble === null) {
        const newest = await this.#inTurn(() => newestCommit(source, this.#stop.signal));
        if (newest === source.commit) return await this.#ledger.tx('catalogue.looked', (tx) => setLooked(tx));
      }
      await this.sync('hub', (work) => this.#ledger.tx('catalogue.sync', work));
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      await this.#keepTrouble(error, null);
      log('warn', 'the git catalogue could not be taken over', { code: error.code, error: error.message });
    }
  }

  /** @param inTx runs the transaction that takes it over */
  async sync(
    actor: string,
    inTx: (work: (tx: Tx) => Promise<CatalogueSynced>) => Promise<CatalogueSynced>,
  ): Promise<CatalogueSynced> {
    return await this.#inTurn(async () => {
      const source = await this.#source();
      let commit: string | null = null;
      try {
        const fetched = await fetchFiles(source, this.#stop.signal);
        commit = fetched.commit;
        const stated = await readCatalogue(fetched.files);
        return await inTx((tx) => this.#apply(tx, actor, source, fetched.commit, stated));
      } catch (error) {
        if (error instanceof Problem) await this.#keepTrouble(error, commit);
        throw error;
      }
    });
  }

  /** What taking it over would change; it is tried, and taken back. */
  async look(actor: string): Promise<CatalogueSynced> {
    return await this.#inTurn(async () => {
      const source = await this.#source();
      const { commit, files } = await fetchFiles(source, this.#stop.signal);
      const stated = await readCatalogue(files);
      try {
        return await this.#ledger.tx('catalogue.look', async (tx) => {
          const { differences } = await applyCommit(tx, actor, commit, stated, async () => {});
          throw new Undone({ commit, change: null, differences });
        });
      } catch (error) {
        if (error instanceof Undone) return error.shown;
        throw error;
      }
    });
  }

  async #apply(
    tx: Tx,
    actor: string,
    { url, branch, folder }: Source,
    commit: string,
    stated: Catalogue,
  ): Promise<CatalogueSynced> {
    const { change, differences } = await applyCommit(tx, actor, commit, stated, this.#onAltered);
    const now = await findSource(tx);
    // It was set elsewhere while this was fetched.
    if (now?.url !== url || now.branch !== branch || now.folder !== folder)
      throw new Problem('catalogue_unset', 'the git catalogue is another one by now');
    await setApplied(tx, commit, change);
    if (now.commit !== commit || change !== null)
      tell(tx, {
        type: 'catalogue.applied',
        subject: 'catalogue',
        actor,
        data: { commit, change, differences },
      });
    return { commit, change, differences };
  }

  async #source(): Promise<Source> {
    const source = await findSource(this.#ledger.read);
    if (source === undefined) throw new Problem('catalogue_unset', 'nobody has said where it is');
    return source;
  }

  /** The same trouble is told once, however often it is met. */
  async #keepTrouble({ code, message }: Problem, commit: string | null): Promise<void> {
    if (code === 'catalogue_unset') return;
    await this.#ledger.tx('catalogue.trouble', async (tx) => {
      const trouble = { code, message: message.slice(0, 4000), commit };
      if (await setTrouble(tx, trouble))
        tell(tx, { type: 'catalogue.trouble', subject: 'catalogue', actor: 'hub', data: trouble });
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return await turn;
  }
}
