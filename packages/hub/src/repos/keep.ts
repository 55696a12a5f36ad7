/**
 * Writes what the press has made to the ledger.
 *
 * Invariant: everything that a revision names is written with it: blobs, splices, runs and files; so it is whole or not
 * there.
 */
import { insertBlob, insertSplice } from '../blobs/index.ts';
import type { TagFacts } from '../catalog/index.ts';
import { keepMerged, mergedBefore } from '../externals/index.ts';
import type { Tx } from '../ledger/index.ts';
import type { MadeTree } from './press/compose.ts';
import { insertRun } from './press/queries.ts';
import type { MadeRevision } from './press/revision.ts';
import { insertRevision, type NewTree, nextNumber, revisionFacts, unsignedBefore } from './queries.ts';
import { holdRuns } from './retention/queries.ts';
import { type DistFacts, untouch } from './shipped/queries.ts';
import { requestSeals, type Sealer } from './shipped/seal.ts';
import type { UnsignedBuild } from './shipped/unsigned.ts';

export interface Kept {
  repo: number;
  dist: DistFacts | undefined;
  tag: TagFacts;
  change: number;
  task: number;
  made: MadeRevision;
  /** The revision whose content it has again. */
  restored?: number | undefined;
}

const unsignedAtMost = 1000;

/** The repository is locked by the caller, so that numbers are given one after the other. */
export async function keepRevision(
  tx: Tx,
  { repo, dist, tag, change, task, made, restored }: Kept,
  sealer: Sealer,
  actor: string,
): Promise<{ number: number; shown: boolean }> {
  const number = await nextNumber(tx, repo);
  const trees: NewTree[] = [];
  for (const tree of made.trees) trees.push(await keepTree(tx, tree));
  const gone = await holdRuns(
    tx,
    repo,
    trees.flatMap((tree) => tree.runs),
  );
  if (gone.length > 0) throw new Error(`runs of revision ${number} have been dropped since it was begun`);
  await untouch(tx, made.touched);
  const key = dist?.definition.repoKey ?? null;
  const old = restored === undefined ? undefined : await revisionFacts(tx, restored);
  const unsigned = old?.unsigned ?? (await stillUnsigned(tx, repo, made));
  const id = await insertRevision(tx, {
    ...{ repo, number, task, trees, backTo: restored },
    change: old?.change ?? change,
    definition: old?.definition ?? made.definition ?? {},
    unsigned: unsigned.slice(0, unsignedAtMost),
    unsealed: key === null ? 0 : trees.length,
  });
  await keepMergedOf(tx, id, made, restored);
  if (dist !== undefined && key !== null)
    await requestSeals(tx, sealer, { name: dist.name, tag: tag.name, key }, { id, number }, actor);
  return { number, shown: key === null };
}

/** What builds see of external repositories in it. */
async function keepMergedOf(
  tx: Tx,
  id: number,
  { trees }: MadeRevision,
  restored: number | undefined,
): Promise<void> {
  const old = restored === undefined ? undefined : await mergedBefore(tx, restored);
  for (const { tree, merged = [] } of trees) await keepMerged(tx, id, tree, old?.get(tree) ?? merged);
}

async function keepTree(tx: Tx, { tree, layout, packages, runs, files, stored }: MadeTree): Promise<NewTree> {
  for (const { sha256, size } of stored) await insertBlob(tx, sha256, size);
  for (const { sha256, size, pieces } of files)
    if (pieces !== undefined) await insertSplice(tx, sha256, size, pieces);
  const ids: number[] = [];
  for (const run of runs) ids.push(typeof run === 'number' ? run : await insertRun(tx, run.run, run.copies));
  const named = files.map(({ name, sha256, size }) => ({ name, sha256, size }));
  return { tree, layout, packages, runs: ids, files: named };
}

/** Of packages that were not looked at, what was said last holds. */
async function stillUnsigned(
  tx: Tx,
  repo: number,
  { unsigned, looked }: MadeRevision,
): Promise<UnsignedBuild[]> {
  if (looked === 'all') return unsigned;
  const before = (await unsignedBefore(tx, repo)) as UnsignedBuild[];
  const anew = new Set(looked);
  return [...before.filter((one) => !anew.has(one.package)), ...unsigned];
}
