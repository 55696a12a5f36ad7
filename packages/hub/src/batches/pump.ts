/**
 * Submits the builds of items that may begin.
 *
 * Invariant: an item becomes `building` in the transaction that makes its build, so it gets one and only one, whichever
 * hub is quicker and whatever is killed.
 */
import { Problem } from '@moromi/contract';
import type { BuildLife } from '../builds/index.ts';
import { ancestors, requireTarget } from '../catalog/index.ts';
import { type Ledger, log, type Tx, tell } from '../ledger/index.ts';
import { afterFailure, doneBefore, settle } from './engine.ts';
import {
  type BatchFacts,
  batchesToPump,
  changeOfNeeds,
  type ItemFacts,
  linkItem,
  lockBatch,
  readyItems,
  setItem,
} from './queries.ts';
import { madeBefore } from './try.ts';

/** Builds that are submitted in one transaction. */
const atOnce = 10;

export class Pump {
  readonly #ledger: Ledger;
  readonly #life: BuildLife;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(ledger: Ledger, life: BuildLife) {
    this.#ledger = ledger;
    this.#life = life;
  }

  /** Looks until nothing is ready; one look at a time. */
  async look(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const batch of await batchesToPump(this.#ledger.read))
        while ((await this.#ledger.tx('batches.pump', (tx) => this.#submitSome(tx, batch))) === atOnce);
    }
  }

  /** The batch is locked first, so that whoever else ends something of it sees what becomes of these, or waits. */
  async #submitSome(tx: Tx, id: number): Promise<number> {
    const batch = await lockBatch(tx, id);
    if (batch?.state !== 'running') return 0;
    const items = await readyItems(tx, id, atOnce);
    for (const item of items) await this.#submit(tx, batch, item);
    await settle(tx, id, 'hub');
    return items.length;
  }

  async #submit(tx: Tx, batch: BatchFacts, item: ItemFacts): Promise<void> {
    try {
      const { buildTag } = await requireTarget(tx, item.target);
      // What an earlier try has built of this very source cannot be built again under its name.
      const made = item.stage === 'change' ? await madeBefore(tx, item, batch) : undefined;
      if (made !== undefined) return await doneBefore(tx, this.#life, batch, item, made);
      const { build } = await this.#life.submit(tx, {
        target: item.target,
        name: item.label,
        source: { name: item.sourceName, sha256: item.sourceSha256 },
        options: item.options,
        owner: batch.owner,
        mayHurry: batch.mayHurry,
        after: item.after,
        needsChange: await changeOfNeeds(tx, item.id, await ancestors(tx, buildTag)),
      });
      await linkItem(tx, item.id, build.id);
      tell(tx, {
        type: 'batch.began',
        subject: `batch:${item.batch}`,
        actor: batch.owner,
        build: build.id,
        data: { item: item.id, label: item.label, target: item.target, build: build.id },
      });
    } catch (error) {
      // What the target has become since is told of this item, and the others go on.
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      log('info', 'an item of a batch cannot begin', {
        batch: item.batch,
        item: item.id,
        error: error.message,
      });
      await setItem(tx, item.id, 'failed', { code: error.code, message: error.message, fault: 'package' });
      await afterFailure(tx, batch, item);
    }
  }
}
