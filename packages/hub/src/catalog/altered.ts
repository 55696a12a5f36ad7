/**
 * Which tags a change of a tag's content alters.
 *
 * Invariant: no tag that may show something else is left out. It costs the links below the tag and nothing of what tags
 * hold; a tag may be named although something nearer hides from it what has changed.
 */
import type { Changed } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';
import { passes } from './filters.ts';
import { type Edge, inheritors } from './inheritance.ts';
import { edgesBelow, type TagFacts, tagsById } from './queries.ts';
import { waysOf } from './sight.ts';

export interface Altered {
  change: number;
  /** The tags whose content may be another now; they want new repositories. */
  altered: TagFacts[];
}

/** A change, or none where all was so already. */
export type MaybeAltered = Altered | { change: null; altered: [] };

/** Told of tags whose content is another: they want new repositories, which are made in the room of those. */
export type OnAltered = (
  tx: Tx,
  tags: readonly TagFacts[],
  change: number,
  build: number | null,
  actor: string,
) => Promise<void>;

/** Tells of what was altered, and shows it. */
export type Tell = (tx: Tx, what: MaybeAltered, actor: string) => Promise<Changed>;

/** @param packages of which something has changed; any where not said */
export async function alteredBy(
  tx: Tx,
  tag: Pick<TagFacts, 'id'>,
  packages?: readonly string[],
): Promise<TagFacts[]> {
  const below = await edgesBelow(tx, tag.id);
  const all = inheritors(below, tag.id);
  const seeing = below.some(isConditional) ? all.filter((one) => sees(below, one, tag.id, packages)) : all;
  const byId = await tagsById(tx, seeing);
  return seeing.flatMap((id) => byId.get(id) ?? []);
}

const isConditional = (edge: Edge): boolean =>
  edge.maxdepth !== null || edge.intransitive || edge.filter !== null;

/** All links on ways from one tag up to the other are among those below the other, so these are enough to walk. */
function sees(below: readonly Edge[], from: number, to: number, packages?: readonly string[]): boolean {
  return waysOf(below, from).some(
    ({ tag, filters }) =>
      tag === to &&
      (packages === undefined || filters.length === 0 || packages.some((name) => passes(name, filters))),
  );
}

/** Each tag once. */
export function together(...lists: readonly TagFacts[][]): TagFacts[] {
  return [...new Map(lists.flat().map((tag) => [tag.id, tag])).values()];
}
