/** Tags and changes as callers name them. */
import { Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { changeAt, findTag, newestChange, type TagFacts } from './queries.ts';

/** @param removedToo also one that was removed and keeps its name */
export async function requireTag(tx: Reader, name: string, removedToo = false): Promise<TagFacts> {
  const tag = await findTag(tx, name, removedToo);
  if (tag === undefined) throw new Problem('unknown_tag', `there is no tag ${name}`);
  return tag;
}

/** A tag and the change at which it is looked at: of a removed one the past is there. */
export async function requireThen(
  tx: Reader,
  name: string,
  said: { change?: number | undefined; at?: string | undefined },
): Promise<{ tag: TagFacts; change: number }> {
  const tag = await requireTag(tx, name, said.change !== undefined || said.at !== undefined);
  return { tag, change: await requireChange(tx, said) };
}

export function requireUnlocked(tag: TagFacts, force: boolean): void {
  if (tag.locked && !force) throw new Problem('tag_locked', `the tag ${tag.name} is locked`);
}

/** The change that a number or a time means; the newest where neither is said. */
export async function requireChange(
  tx: Reader,
  said: { change?: number | undefined; at?: string | undefined },
): Promise<number> {
  if (said.change !== undefined && said.at !== undefined)
    throw new Problem('bad_request', 'a change and a time are said; say one of them');
  if (said.at !== undefined) {
    if (Number.isNaN(Date.parse(said.at))) throw new Problem('bad_request', `${said.at} is no time`);
    return (await changeAt(tx, { at: new Date(said.at).toISOString() })) ?? 0;
  }
  if (said.change === undefined) return await newestChange(tx);
  if ((await changeAt(tx, { id: said.change })) === undefined)
    throw new Problem('unknown_change', `there is no change ${said.change} yet`);
  return said.change;
}
