/**
 * From whom a tag inherits.
 *
 * Invariant: no tag is above itself, and each tag can be looked at: its ways up are few enough to follow.
 */
import { type Inheritance, type InheritanceEdit, Problem } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { type Altered, alteredBy } from './altered.ts';
import { requireOwn } from './governed.ts';
import type { Edge } from './inheritance.ts';
import { linkOf, requireWays, saidOf } from './links.ts';
import { requireTag, requireUnlocked } from './look-up.ts';
import { beginChange, edgesOf, endParent, putParent } from './queries.ts';
import { lineageOf } from './sight.ts';

export async function addParent(
  tx: Tx,
  actor: string,
  name: string,
  { force = false, ...said }: Inheritance & { force?: boolean },
): Promise<Altered> {
  const change = await beginChange(tx, actor, `let ${name} inherit from ${said.parent}`);
  const tag = await requireTag(tx, name);
  const parent = await requireTag(tx, said.parent);
  await requireOwn(tx, tag);
  requireUnlocked(tag, force);
  if ((await edgesOf(tx, tag.id)).some((edge) => edge.parent === parent.id))
    throw new Problem('parent_exists', `${name} inherits from ${said.parent} already`);
  if ((await lineageOf(tx, parent)).tags.has(tag.id))
    throw new Problem(
      'inheritance_loop',
      `${said.parent} is ${name} or inherits from it, so ${name} would inherit from itself`,
    );
  await putParent(tx, linkOf(tag.id, parent.id, said), change);
  await requireWays(tx, tag.id);
  tell(tx, { type: 'tag.parent-added', subject: `tag:${name}`, actor, data: { change, ...said } });
  hint(tx, 'tags');
  return { change, altered: await alteredBy(tx, tag) };
}

export async function editParent(
  tx: Tx,
  actor: string,
  name: string,
  parentName: string,
  { force = false, ...said }: InheritanceEdit,
): Promise<Altered> {
  const change = await beginChange(tx, actor, `edit how ${name} inherits from ${parentName}`);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  requireUnlocked(tag, force);
  const edge = await requireParent(tx, tag.id, name, parentName);
  const altered = { ...saidOf(edge, parentName), ...said };
  await putParent(tx, linkOf(tag.id, edge.parent, altered), change);
  await requireWays(tx, tag.id);
  tell(tx, { type: 'tag.parent-edited', subject: `tag:${name}`, actor, data: { change, ...altered } });
  hint(tx, 'tags');
  return { change, altered: await alteredBy(tx, tag) };
}

export async function removeParent(
  tx: Tx,
  actor: string,
  name: string,
  parentName: string,
  force: boolean,
): Promise<Altered> {
  const change = await beginChange(tx, actor, `let ${name} inherit from ${parentName} no more`);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  requireUnlocked(tag, force);
  const edge = await requireParent(tx, tag.id, name, parentName);
  await endParent(tx, tag.id, edge.parent, change);
  tell(tx, {
    type: 'tag.parent-removed',
    subject: `tag:${name}`,
    actor,
    data: { change, parent: parentName },
  });
  hint(tx, 'tags');
  return { change, altered: await alteredBy(tx, tag) };
}

async function requireParent(tx: Tx, tag: number, name: string, parentName: string): Promise<Edge> {
  const parent = await requireTag(tx, parentName);
  const edge = (await edgesOf(tx, tag)).find((one) => one.parent === parent.id);
  if (edge === undefined)
    throw new Problem('not_a_parent', `${name} does not inherit from ${parentName} itself`);
  return edge;
}
