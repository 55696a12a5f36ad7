/** A batch's state, and that it is told. */
import { type BatchState, Problem } from '@moromi/contract';
import { endSide } from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { type BatchFacts, findBatch, lockBatch, setBatchState } from './queries.ts';

const over: ReadonlySet<BatchState> = new Set(['done', 'failed', 'canceled']);

export async function changeState(tx: Tx, id: number, state: BatchState, actor: string): Promise<void> {
  await setBatchState(tx, id, state);
  const side = (await findBatch(tx, id))?.sideTag;
  if (side != null) await endSide(tx, side.id, over.has(state));
  tell(tx, { type: `batch.${state}`, subject: `batch:${id}`, actor, data: {} });
  hint(tx, 'batches');
}

export async function requireBatch(tx: Tx, id: number): Promise<BatchFacts> {
  const batch = await findBatch(tx, id);
  if (batch === undefined) throw new Problem('unknown_batch', `there is no batch ${id}`);
  return batch;
}

/** As `requireBatch`, and nobody else decides about it until the end of the transaction. */
export async function requireLocked(tx: Tx, id: number): Promise<BatchFacts> {
  const batch = await lockBatch(tx, id);
  if (batch === undefined) throw new Problem('unknown_batch', `there is no batch ${id}`);
  return batch;
}
