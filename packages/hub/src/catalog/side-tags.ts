/**
 * Side tags: tags that serve a while, on top of another.
 *
 * Invariant: a side tag has one owner, who may do there without being an administrator what is otherwise theirs alone.
 * When its end has come and nothing runs for it any more, it goes, with its targets; its builds stay builds.
 */
import { Problem } from '@moromi/contract';
import { type Ledger, log, type Tx, tell } from '../ledger/index.ts';
import type { Altered } from './altered.ts';
import { requireTag } from './look-up.ts';
import { beginChange, findTag, type TagFacts, tagsById } from './queries.ts';
import { endedSides, findSide, putSide, type SideFacts, setSideEnd } from './side-queries.ts';
import { dropTag, makeTag, requireUnused } from './tags.ts';
import { findTarget, targetsOfTag } from './target-queries.ts';
import { dropTarget, makeTarget, requireTarget } from './targets.ts';

/** Days that the side tag of a batch and the tag of a root's links are kept once nothing needs them. */
const keptDays = 14;

export async function addSideTag(
  tx: Tx,
  owner: string,
  { base: baseName, suffix, days }: { base: string; suffix?: string | undefined; days: number },
): Promise<{ tag: TagFacts; change: number }> {
  const change = await beginChange(tx, owner, `add a side tag on ${baseName}`);
  const base = await requireTag(tx, baseName);
  const name = await freeSideName(tx, base.name, change, suffix === undefined ? '' : `-${suffix}`);
  const tag = await makeTag(tx, change, owner, { name, inherits: [{ parent: base.name, priority: 0 }] });
  await makeTarget(tx, change, owner, { name, buildTag: name, destTag: name });
  await putSide(tx, tag.id, { kind: 'person', owner, base: base.id, days });
  return { tag, change };
}

/** Koji's form of such names: `BASE-side-NUMBER`; no tag or target has, or had, the one that is given. */
export async function freeSideName(tx: Tx, base: string, from: number, end = ''): Promise<string> {
  for (let number = from; ; number++) {
    const name = `${base}-side-${number}${end}`;
    if (name.length > 200) throw new Problem('bad_name', `${name} is too long for a name`);
    if ((await findTag(tx, name, true)) === undefined && (await findTarget(tx, { name })) === undefined)
      return name;
  }
}

/** Marks a tag that was made for something that runs; `endSide` says when that is over. */
export async function markSide(
  tx: Tx,
  tag: Pick<TagFacts, 'id'>,
  side: { kind: 'batch' | 'link'; owner: string; base?: number },
): Promise<void> {
  const days = side.kind === 'link' ? keptDays : null;
  await putSide(tx, tag.id, { kind: side.kind, owner: side.owner, base: side.base ?? null, days });
}

/** What a side tag was made for is over; or is not, after all. */
export async function endSide(tx: Tx, tag: number, over: boolean): Promise<void> {
  await setSideEnd(tx, [tag], over ? keptDays : null);
}

export async function requireSide(tx: Tx, name: string): Promise<SideFacts> {
  const side = await findSide(tx, (await requireTag(tx, name)).id);
  if (side === undefined) throw new Problem('not_side_tag', `${name} is no side tag`);
  return side;
}

/** Lets a person's side tag end so many days from now. */
export async function prolong(tx: Tx, side: SideFacts, days: number): Promise<void> {
  if (side.kind !== 'person')
    throw new Problem('not_side_tag', `${side.name} is a ${side.kind}'s and ends with it`);
  await setSideEnd(tx, [side.tag], days);
}

export async function removeSideTag(tx: Tx, actor: string, side: SideFacts): Promise<Altered> {
  const change = await beginChange(tx, actor, `remove the side tag ${side.name}`);
  if (side.kind !== 'person' && side.endsAt === null)
    throw new Problem('tag_in_use', `${side.name} serves a ${side.kind} that is not over`);
  const tag = (await tagsById(tx, [side.tag])).get(side.tag);
  if (tag === undefined) throw new Error(`there is no tag ${side.tag}`);
  await requireUnused(tx, tag, false);
  for (const name of await targetsOfTag(tx, tag.id))
    await dropTarget(tx, change, actor, await requireTarget(tx, name));
  await dropTag(tx, change, actor, tag);
  return { change, altered: [] };
}

/** Removes side tags whose end has come; those for which something still runs are looked at again. */
export async function sweepSideTags(ledger: Ledger): Promise<void> {
  for (const side of await endedSides(ledger.read, 50)) {
    try {
      await ledger.tx('catalog.sweep', async (tx) => {
        await removeSideTag(tx, 'hub', side);
        tell(tx, {
          type: 'side-tag.ended',
          subject: `tag:${side.name}`,
          actor: 'hub',
          data: { owner: side.owner, endsAt: side.endsAt?.toISOString() ?? null },
        });
      });
      log('info', 'a side tag has ended', { tag: side.name, owner: side.owner });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'tag_in_use') throw error;
      log('debug', 'a side tag should have ended', { tag: side.name, why: error.message });
    }
  }
}
