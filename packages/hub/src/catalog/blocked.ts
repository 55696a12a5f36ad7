/** Which packages a tag blocks, itself or by what it inherits. */
import type { Reader } from '../ledger/index.ts';
import { entriesOfBlocked, listedPackages } from './content-queries.ts';
import { nearestEntries } from './listed.ts';
import type { TagFacts } from './queries.ts';
import { sightOf } from './sight.ts';

/** @param packages all where not said; a function of the tag and the change alone */
export async function blockedAt(
  tx: Reader,
  tag: Pick<TagFacts, 'id'>,
  change: number,
  packages?: readonly string[],
): Promise<Set<string>> {
  const sight = await sightOf(tx, tag, change);
  const entries =
    packages === undefined
      ? await entriesOfBlocked(tx, sight.order, change)
      : await listedPackages(tx, sight.order, change, packages);
  const nearest = nearestEntries(sight.visits, entries);
  return new Set([...nearest].flatMap(([name, entry]) => (entry.blocked ? [name] : [])));
}
