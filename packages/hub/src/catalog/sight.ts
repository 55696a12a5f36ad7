/**
 * How a tag looks at itself and its ancestors at a change, read from the ledger.
 *
 * Invariant: it is a function of the tag and the change alone.
 */
import { Problem, type TagSettings } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { type Edge, inheritanceOrder, settingsOrder, TooWide, type Visit, visits } from './inheritance.ts';
import type { Sight } from './latest.ts';
import { lineage, type TagFacts } from './queries.ts';
import { effectiveSettings } from './settings.ts';

export interface Lineage {
  /** The tag and all above it, whether something comes through from there or not. */
  tags: Map<number, TagFacts>;
  edges: Edge[];
}

/** @param change the newest one where it is not said */
export async function lineageOf(tx: Reader, tag: Pick<TagFacts, 'id'>, change?: number): Promise<Lineage> {
  const found = await lineage(tx, tag.id, change);
  return { tags: new Map(found.map((one) => [one.id, one])), edges: found.flatMap((one) => one.edges) };
}

export interface Seen extends Sight {
  settings: TagSettings;
  lineage: Lineage;
  /** The tags that something comes from, nearest first. */
  order: number[];
}

export async function sightOf(tx: Reader, tag: Pick<TagFacts, 'id'>, change?: number): Promise<Seen> {
  const found = await lineageOf(tx, tag, change);
  const settings = effective(found, tag);
  const stops = waysOf(found.edges, tag.id);
  const order = [...new Set(stops.map((one) => one.tag))];
  return {
    visits: stops,
    order,
    latest: settings.latest,
    packageList: settings.packageList,
    settings,
    lineage: found,
  };
}

/** As `visits`. @throws Problem where there are too many */
export function waysOf(edges: readonly Edge[], tag: number): Visit[] {
  try {
    return visits(edges, tag);
  } catch (error) {
    if (error instanceof TooWide) throw new Problem('inheritance_too_wide', error.message);
    throw error;
  }
}

function effective({ tags, edges }: Lineage, tag: Pick<TagFacts, 'id'>): TagSettings {
  return effectiveSettings(settingsOrder(edges, tag.id).flatMap((id) => tags.get(id)?.settings ?? []));
}

/** @param change the newest one where it is not said */
export async function settingsOf(
  tx: Reader,
  tag: Pick<TagFacts, 'id'>,
  change?: number,
): Promise<TagSettings> {
  return effective(await lineageOf(tx, tag, change), tag);
}

/** A tag and all that it inherits from, nearest first. */
export async function ancestors(tx: Reader, tag: Pick<TagFacts, 'id'>): Promise<number[]> {
  return inheritanceOrder((await lineageOf(tx, tag)).edges, tag.id);
}

/** Whether a tag is another or inherits from it. */
export async function isAncestor(
  tx: Reader,
  tag: Pick<TagFacts, 'id'>,
  other: Pick<TagFacts, 'id'>,
): Promise<boolean> {
  return (await ancestors(tx, tag)).includes(other.id);
}
