/**
 * Targets: what builds see, and where they go.
 *
 * Invariant: a name leads to one target, be it the target's own or an alias. A build keeps its target by number, so it ends
 * where the target leads then, under whatever name; what targets were at a past change stays readable.
 */
import { type NewTarget, Problem, type TargetEdit } from '@moromi/contract';
import { hint, type Reader, type Tx, tell } from '../ledger/index.ts';
import { requireTag } from './look-up.ts';
import { beginChange } from './queries.ts';
import {
  deleteAliases,
  endTarget,
  findTarget,
  insertAlias,
  insertTarget,
  isAlias,
  keepTargetState,
  runningBuilds,
  type TargetFacts,
  updateTarget,
} from './target-queries.ts';

/** By name or alias. @param removedToo also one that was removed and keeps its name */
export async function requireTarget(tx: Reader, name: string, removedToo = false): Promise<TargetFacts> {
  const target = await findTarget(tx, { name }, removedToo);
  if (target === undefined) throw new Problem('unknown_target', `there is no target ${name}`);
  return target;
}

export async function addTarget(tx: Tx, actor: string, wanted: NewTarget): Promise<TargetFacts> {
  const change = await beginChange(tx, actor, `add target ${wanted.name}`);
  return await makeTarget(tx, change, actor, wanted);
}

/** As `addTarget`, within a change that has begun. */
export async function makeTarget(
  tx: Tx,
  change: number,
  actor: string,
  { name, aliases = [], ...wanted }: NewTarget,
): Promise<TargetFacts> {
  const buildTag = await requireTag(tx, wanted.buildTag);
  const destTag = await requireTag(tx, wanted.destTag);
  const taken = new Problem('target_exists', `there is a target ${name} already`);
  if (await isAlias(tx, name)) throw taken;
  const id = await insertTarget(tx, name, buildTag.id, destTag.id, change);
  if (id === undefined) throw taken;
  for (const alias of aliases) await putAlias(tx, id, alias);
  await keepTargetState(tx, id, change);
  tell(tx, { type: 'target.added', subject: `target:${name}`, actor, data: { change } });
  return await requireTarget(tx, name);
}

export async function editTarget(
  tx: Tx,
  actor: string,
  name: string,
  wanted: TargetEdit,
): Promise<TargetFacts> {
  const change = await beginChange(tx, actor, `edit target ${name}`);
  return await alterTarget(tx, change, actor, name, wanted);
}

/** As `editTarget`, within a change that has begun. */
export async function alterTarget(
  tx: Tx,
  change: number,
  actor: string,
  name: string,
  wanted: TargetEdit,
): Promise<TargetFacts> {
  const target = await requireTarget(tx, name);
  const buildTag = wanted.buildTag === undefined ? target.buildTag : await requireTag(tx, wanted.buildTag);
  const destTag = wanted.destTag === undefined ? target.destTag : await requireTag(tx, wanted.destTag);
  const { name: to = target.name, addAliases = [], removeAliases = [] } = wanted;
  if (to !== target.name) {
    const other = await findTarget(tx, { name: to });
    if (other !== undefined && other.id !== target.id)
      throw new Problem('target_exists', `there is a target ${to} already`);
  }
  await deleteAliases(tx, target.id, [...removeAliases, to]);
  await updateTarget(tx, target.id, { name: to, buildTag: buildTag.id, destTag: destTag.id });
  const kept = to === target.name || removeAliases.includes(target.name) ? [] : [target.name];
  for (const alias of [...kept, ...addAliases]) await putAlias(tx, target.id, alias);
  await keepTargetState(tx, target.id, change);
  tell(tx, { type: 'target.edited', subject: `target:${to}`, actor, data: { change, ...wanted } });
  hint(tx, 'tags');
  return await requireTarget(tx, to);
}

export async function removeTarget(tx: Tx, actor: string, name: string): Promise<void> {
  const change = await beginChange(tx, actor, `remove target ${name}`);
  const target = await requireTarget(tx, name);
  const [running] = await runningBuilds(tx, { target: target.id });
  if (running !== undefined)
    throw new Problem('target_in_use', `build ${running} of the target ${target.name} is running`);
  await dropTarget(tx, change, actor, target);
}

/** Ends a target, whatever builds for it. */
export async function dropTarget(tx: Tx, change: number, actor: string, target: TargetFacts): Promise<void> {
  await endTarget(tx, target.id, change);
  tell(tx, { type: 'target.removed', subject: `target:${target.name}`, actor, data: { change } });
}

async function putAlias(tx: Tx, target: number, alias: string): Promise<void> {
  if (!(await insertAlias(tx, target, alias)))
    throw new Problem('target_exists', `${alias} leads to another target already`);
}
