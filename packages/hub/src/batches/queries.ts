/** SQL of batches. */
import type {
  BatchItem,
  BatchKind,
  BatchState,
  BuildOptions,
  ClosureResult,
  Failure,
  ItemState,
  OnFailure,
  Plan,
} from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface BatchFacts {
  id: number;
  kind: BatchKind;
  owner: string;
  state: BatchState;
  targets: string[];
  onFailure: OnFailure;
  /** What its owner might do when it was submitted. */
  mayHurry: boolean;
  /** Of a rebuild: what was asked. */
  request: unknown;
  plan: Plan | null;
  planTask: number | null;
  /** Of a try. */
  closureTask: number | null;
  closure: ClosureResult | null;
  sideTag: { id: number; name: string } | null;
  mergedAt: Date | null;
  failure: Failure | null;
  createdAt: Date;
  endedAt: Date | null;
}

const batchColumns = sql`
  id, kind, owner, state, targets, on_failure AS "onFailure", may_hurry AS "mayHurry", request, plan,
  plan_task AS "planTask", closure_task AS "closureTask", closure,
  (SELECT jsonb_build_object('id', g.id, 'name', g.name) FROM tags g WHERE g.id = side_tag) AS "sideTag",
  merged_at AS "mergedAt", failure, created_at AS "createdAt", ended_at AS "endedAt"`;

export interface ItemFacts {
  id: number;
  batch: number;
  label: string;
  target: string;
  sourceName: string;
  sourceSha256: string;
  options: BuildOptions;
  state: ItemState;
  stage: BatchItem['stage'];
  /** The tag that its build goes into beside its target's destination. */
  alsoTag: number | null;
  open: number;
  build: number | null;
  failure: Failure | null;
  seconds: number;
  after: number;
}

const itemColumns = sql`
  id, batch_id AS batch, label, target, source_name AS "sourceName", source_sha256 AS "sourceSha256", options, state, stage,
  also_tag AS "alsoTag", open, build_id AS build, failure, seconds, after`;

export interface NewBatchRow
  extends Pick<BatchFacts, 'kind' | 'owner' | 'targets' | 'onFailure' | 'mayHurry'> {
  state?: 'planning';
  request?: unknown;
}

export async function insertBatch(tx: Tx, batch: NewBatchRow): Promise<number> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO batches (kind, owner, targets, on_failure, may_hurry, state, request, created_at)
    VALUES (${batch.kind}, ${batch.owner}, ${batch.targets}::text[], ${batch.onFailure}, ${batch.mayHurry},
            ${batch.state ?? 'running'}, ${batch.request === undefined ? null : JSON.stringify(batch.request)}::jsonb, ledger_now())
    RETURNING id`,
  );
  if (made === undefined) throw new Error('the batch was not written');
  return made.id;
}

export interface NewItemRow {
  label: string;
  target: string;
  sourceName: string;
  sourceSha256: string;
  options: BuildOptions;
  seconds: number;
  after: number;
  /** Places of other items in the same list. */
  needs: readonly number[];
  stage?: BatchItem['stage'];
  alsoTag?: number | null;
  /** It cannot be built, and that is known. */
  failure?: Failure;
}

/** @returns their numbers, in the order of the list */
export async function insertItems(tx: Tx, batch: number, items: readonly NewItemRow[]): Promise<number[]> {
  const list = JSON.stringify(
    items.map((item, place) => ({
      place,
      label: item.label,
      target: item.target,
      source_name: item.sourceName,
      source_sha256: item.sourceSha256,
      options: item.options,
      seconds: item.seconds,
      after: item.after,
      open: item.needs.length,
      stage: item.stage ?? 'usual',
      also_tag: item.alsoTag ?? null,
      failure: item.failure ?? null,
    })),
  );
  const made = await rows(
    tx,
    sql<{ id: number }>`
    INSERT INTO batch_items (batch_id, label, target, source_name, source_sha256, options, seconds, after, open, stage, also_tag, failure, state)
    SELECT ${batch}, label, target, source_name, source_sha256, options, seconds, after, open, stage, also_tag, failure,
           CASE WHEN failure IS NOT NULL THEN 'failed' WHEN open = 0 THEN 'ready' ELSE 'waiting' END
      FROM jsonb_to_recordset(${list}::jsonb)
        AS x(place int, label text, target text, source_name text, source_sha256 text, options jsonb, seconds real, after real, open int,
             stage text, also_tag bigint, failure jsonb)
     ORDER BY place RETURNING id`,
  );
  const ids = made.map((one) => one.id).toSorted((a, b) => a - b);
  const needs = JSON.stringify(
    items.flatMap((item, place) => item.needs.map((need) => ({ item: ids[place], needs: ids[need] }))),
  );
  await sql`
    INSERT INTO batch_needs (item_id, needs)
    SELECT item, needs FROM jsonb_to_recordset(${needs}::jsonb) AS x(item bigint, needs bigint)`.execute(tx);
  return ids;
}

export async function findBatch(tx: Reader, id: number): Promise<BatchFacts | undefined> {
  return await row(tx, sql<BatchFacts>`SELECT ${batchColumns} FROM batches WHERE id = ${id}`);
}

export async function lockBatch(tx: Tx, id: number): Promise<BatchFacts | undefined> {
  return await row(tx, sql<BatchFacts>`SELECT ${batchColumns} FROM batches WHERE id = ${id} FOR UPDATE`);
}

export interface BatchFilter {
  state?: BatchState | undefined;
  owner?: string | undefined;
  before?: number | undefined;
  limit: number;
}

export async function listBatches(tx: Reader, filter: BatchFilter): Promise<BatchFacts[]> {
  const where = [
    filter.state === undefined ? undefined : sql`state = ${filter.state}`,
    filter.owner === undefined ? undefined : sql`owner = ${filter.owner}`,
    filter.before === undefined ? undefined : sql`id < ${filter.before}`,
  ].filter((one) => one !== undefined);
  return await rows(
    tx,
    sql<BatchFacts>`
    SELECT ${batchColumns} FROM batches WHERE ${where.length === 0 ? sql`true` : sql.join(where, sql` AND `)}
     ORDER BY id DESC LIMIT ${filter.limit}`,
  );
}

export async function setBatchState(tx: Tx, id: number, state: BatchState): Promise<void> {
  await sql`
    UPDATE batches SET state = ${state},
           ended_at = CASE WHEN ${state} IN ('done', 'failed', 'canceled') THEN ledger_now() END
     WHERE id = ${id}`.execute(tx);
}

export async function failBatch(tx: Tx, id: number, failure: Failure): Promise<void> {
  await sql`
    UPDATE batches SET state = 'failed', failure = ${JSON.stringify(failure)}::jsonb, ended_at = ledger_now() WHERE id = ${id}`.execute(
    tx,
  );
}

export async function keepPlan(tx: Tx, id: number, plan: Plan): Promise<void> {
  await sql`UPDATE batches SET plan = ${JSON.stringify(plan)}::jsonb WHERE id = ${id}`.execute(tx);
}

export async function keepRequest(tx: Tx, id: number, request: unknown): Promise<void> {
  await sql`UPDATE batches SET request = ${JSON.stringify(request)}::jsonb WHERE id = ${id}`.execute(tx);
}

export async function setPlanTask(tx: Tx, id: number, task: number): Promise<void> {
  await sql`UPDATE batches SET plan_task = ${task} WHERE id = ${id}`.execute(tx);
}

export async function setClosureTask(tx: Tx, id: number, task: number | null): Promise<void> {
  await sql`UPDATE batches SET closure_task = ${task} WHERE id = ${id}`.execute(tx);
}

export async function keepClosure(tx: Tx, id: number, closure: ClosureResult | null): Promise<void> {
  const kept = closure === null ? null : JSON.stringify(closure);
  await sql`UPDATE batches SET closure = ${kept}::jsonb WHERE id = ${id}`.execute(tx);
}

export async function tellFailure(tx: Tx, id: number, failure: Failure | null): Promise<void> {
  const kept = failure === null ? null : JSON.stringify(failure);
  await sql`UPDATE batches SET failure = ${kept}::jsonb WHERE id = ${id}`.execute(tx);
}

/**
 * The newest complete build of a source for a target with the same options, by itself or in another try of the very same
 * packages.
 */
export async function buildOfSource(
  tx: Reader,
  sha256: string,
  target: string,
  options: BuildOptions,
  tried: readonly string[],
): Promise<number | null> {
  const found = await row(
    tx,
    sql<{ id: number }>`
    SELECT b.id FROM builds b JOIN targets t ON t.id = b.target_id
     WHERE b.source_sha256 = ${sha256} AND b.state = 'complete' AND NOT b.scratch
       AND (t.name = ${target} OR EXISTS (
             SELECT FROM batches x WHERE x.side_tag = t.dest_tag_id AND x.kind = 'try' AND x.targets = ARRAY[${target}]::text[]
                AND x.request->'tried'->'names' = ${JSON.stringify(tried)}::jsonb))
       AND b.options - 'priority' = ${JSON.stringify(options)}::jsonb
     ORDER BY b.id DESC LIMIT 1`,
  );
  return found?.id ?? null;
}

export async function setSideTag(tx: Tx, id: number, tag: number): Promise<void> {
  await sql`UPDATE batches SET side_tag = ${tag} WHERE id = ${id}`.execute(tx);
}

export async function setMerged(tx: Tx, id: number): Promise<void> {
  await sql`UPDATE batches SET merged_at = ledger_now() WHERE id = ${id}`.execute(tx);
}

export async function itemsOf(tx: Reader, batch: number): Promise<ItemFacts[]> {
  return await rows(
    tx,
    sql<ItemFacts>`SELECT ${itemColumns} FROM batch_items WHERE batch_id = ${batch} ORDER BY id`,
  );
}

export interface NeedRow {
  item: number;
  needs: number;
  open: boolean;
}

export async function needsOf(tx: Reader, batch: number): Promise<NeedRow[]> {
  return await rows(
    tx,
    sql<NeedRow>`
    SELECT n.item_id AS item, n.needs, n.open FROM batch_needs n JOIN batch_items i ON i.id = n.item_id
     WHERE i.batch_id = ${batch} ORDER BY 1, 2`,
  );
}

export async function countsOf(
  tx: Reader,
  batches: readonly number[],
): Promise<Map<number, Record<string, number>>> {
  const found = await rows(
    tx,
    sql<{ batch: number; counts: Record<string, number> }>`
    SELECT batch, jsonb_object_agg(state, count) AS counts FROM (
      SELECT batch_id AS batch, state, count(*) AS count FROM batch_items WHERE batch_id = ANY(${batches}::bigint[]) GROUP BY 1, 2
    ) x GROUP BY batch`,
  );
  return new Map(found.map((one) => [one.batch, one.counts]));
}

export async function itemOfBuild(tx: Reader, build: number): Promise<ItemFacts | undefined> {
  return await row(
    tx,
    sql<ItemFacts>`SELECT ${itemColumns} FROM batch_items WHERE build_id = ${build} ORDER BY id DESC LIMIT 1`,
  );
}

export async function setItem(
  tx: Tx,
  id: number,
  state: ItemState,
  failure: Failure | null = null,
): Promise<void> {
  await sql`
    UPDATE batch_items SET state = ${state}, failure = ${failure === null ? null : JSON.stringify(failure)}::jsonb WHERE id = ${id}`.execute(
    tx,
  );
}

export async function linkItem(tx: Tx, id: number, build: number): Promise<void> {
  await sql`UPDATE batch_items SET state = 'building', build_id = ${build}, failure = NULL WHERE id = ${id}`.execute(
    tx,
  );
}

/** What needs this item is one nearer to its beginning. @returns those that may begin now */
export async function letGo(tx: Tx, item: number): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    WITH gone AS (
      UPDATE batch_needs SET open = false WHERE needs = ${item} AND open RETURNING item_id
    )
    UPDATE batch_items i SET open = i.open - 1, state = CASE WHEN i.open = 1 AND i.state IN ('waiting', 'held') THEN 'ready' ELSE i.state END
      FROM gone WHERE i.id = gone.item_id RETURNING i.id, i.state`,
  );
  return found.map((one) => one.id);
}

/** Everything that needs this item, however far, and waits. */
export async function holdUsers(tx: Tx, item: number): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    WITH RECURSIVE users AS (
      SELECT item_id AS id FROM batch_needs WHERE needs = ${item} AND open
      UNION
      SELECT n.item_id FROM users u JOIN batch_needs n ON n.needs = u.id AND n.open
    )
    UPDATE batch_items SET state = 'held' WHERE id IN (SELECT id FROM users) AND state = 'waiting' RETURNING id`,
  );
  return found.map((one) => one.id);
}

/** Those that were held for items that may still be done now wait again; others stay held. */
export async function unholdUsers(tx: Tx, batch: number): Promise<void> {
  await sql`
    WITH RECURSIVE stuck AS (
      SELECT n.item_id AS id FROM batch_needs n JOIN batch_items f ON f.id = n.needs
       WHERE f.batch_id = ${batch} AND f.state IN ('failed', 'canceled') AND n.open
      UNION
      SELECT n.item_id FROM stuck s JOIN batch_needs n ON n.needs = s.id AND n.open
    )
    UPDATE batch_items SET state = 'waiting' WHERE batch_id = ${batch} AND state = 'held' AND id NOT IN (SELECT id FROM stuck)`.execute(
    tx,
  );
}

export async function cancelWaiting(tx: Tx, batch: number): Promise<void> {
  await sql`UPDATE batch_items SET state = 'canceled' WHERE batch_id = ${batch} AND state IN ('waiting', 'ready', 'held')`.execute(
    tx,
  );
}

/** Batches that run and have items that may begin; what is most waited for first. */
export async function batchesToPump(tx: Reader): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT b.id FROM batches b JOIN batch_items i ON i.batch_id = b.id AND i.state = 'ready'
     WHERE b.state = 'running' GROUP BY b.id ORDER BY max(i.after + i.seconds) DESC, b.id`,
  );
  return found.map((one) => one.id);
}

export async function readyItems(tx: Tx, batch: number, limit: number): Promise<ItemFacts[]> {
  return await rows(
    tx,
    sql<ItemFacts>`
    SELECT ${itemColumns} FROM batch_items WHERE batch_id = ${batch} AND state = 'ready'
     ORDER BY after + seconds DESC, id LIMIT ${limit} FOR UPDATE`,
  );
}

/** The newest change that brought one of an item's needs into one of these tags. */
export async function changeOfNeeds(
  tx: Reader,
  item: number,
  tags: readonly number[],
): Promise<number | null> {
  const found = await row(
    tx,
    sql<{ change: number | null }>`
    SELECT max(t.added) AS change FROM batch_needs n JOIN batch_items i ON i.id = n.needs
      JOIN tag_builds t ON t.build_id = i.build_id AND t.tag_id = ANY(${tags}::bigint[])
     WHERE n.item_id = ${item}`,
  );
  return found?.change ?? null;
}

/** Whether anything of it is still to come. */
export async function isAtRest(tx: Reader, batch: number): Promise<boolean> {
  const found = await row(
    tx,
    sql`SELECT FROM batch_items WHERE batch_id = ${batch} AND state IN ('waiting', 'ready', 'building') LIMIT 1`,
  );
  return found === undefined;
}
