/**
 * Makes tasks of what is due: what comes of batches, and what is tried again.
 *
 * Invariant: of each key a few tasks of this kind are open at a time, and a new one is made when one ends, so tens of
 * thousands of packages that wait are rows and not tasks. What was due before is taken first.
 */
import { type Ledger, log } from '../ledger/index.ts';
import { findKey } from './key-queries.ts';
import { channelOf, whyUnusable } from './key-state.ts';
import { assignPairs, duePairs, failDue, keysWithDue, openTasks } from './queries.ts';
import { batchPriority, packagesOfTask, portions, signTask } from './sign-tasks.ts';

const openAtOnce = 8;

export class SigningPump {
  readonly #ledger: Ledger;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Looks once; who asks while it looks is served by one more look. */
  look(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const key of await keysWithDue(this.#ledger.read))
        await this.#ledger.tx('signing.pump', (tx) => pump(tx, key));
    }
  }
}

async function pump(
  tx: Parameters<typeof findKey>[0] & Parameters<Parameters<Ledger['tx']>[1]>[0],
  id: number,
): Promise<void> {
  const key = await findKey(tx, { id }, 'share');
  if (key === undefined) return;
  const trouble = whyUnusable(key);
  if (trouble !== null) {
    log('warn', 'what waits for a key is not signed', { key: key.name, why: trouble.message });
    return await failDue(tx, id, { ...trouble, fault: 'infrastructure' });
  }
  const open = await openTasks(tx, channelOf(key), batchPriority);
  for (let more = openAtOnce - open; more > 0; more--) {
    const [portion] = portions(await duePairs(tx, id, packagesOfTask));
    if (portion === undefined) return;
    const [first] = portion;
    if (first === undefined) return;
    const others = portion.length > 1 ? ` and ${portion.length - 1} more` : '';
    // Whoever owns one of several builds must not cancel what the others wait for.
    const owner = portion.every((one) => one.owner === first.owner) ? first.owner : 'hub';
    const about = { label: `${first.nvr}${others}`, owner, priority: batchPriority };
    const task = await signTask(tx, key, about, 'hub');
    await assignPairs(
      tx,
      id,
      portion.map((one) => one.rpm),
      task,
    );
  }
}
