/** Package lists as they are listed for people, page by page. */
import type { ListedPackage } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { entriesEverywhere, listedPackages } from './content-queries.ts';
import { type ListedPackage as Entry, nearestEntries } from './listed.ts';
import { requireThen } from './look-up.ts';
import { tagsById } from './queries.ts';
import { sightOf } from './sight.ts';

interface Query {
  tag?: string | undefined;
  package?: string | undefined;
  owner?: string | undefined;
  inherit?: boolean | undefined;
  blocked?: boolean | undefined;
  change?: number | undefined;
  at?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

export async function pageOfPackages(
  tx: Reader,
  query: Query,
): Promise<{ items: ListedPackage[]; next: string | null }> {
  const { limit = 50 } = query;
  const found =
    query.tag === undefined ? await anywhere(tx, query, limit) : await inTag(tx, query, query.tag, limit);
  const names = await tagsById(tx, [...new Set(found.map((one) => one.tag))]);
  const last = found.length === limit ? found.at(-1) : undefined;
  return {
    items: found.map((one) => ({ ...one, tag: names.get(one.tag)?.name ?? '' })),
    next: last === undefined ? null : `${last.tag} ${last.package}`,
  };
}

async function inTag(tx: Reader, query: Query, name: string, limit: number): Promise<Entry[]> {
  const { tag, change } = await requireThen(tx, name, query);
  const sight = await sightOf(tx, tag, change);
  const only = query.package === undefined ? undefined : [query.package];
  const tags = query.inherit === true ? sight.order : [tag.id];
  const entries = nearestEntries(sight.visits, await listedPackages(tx, tags, change, only));
  const after = query.cursor === undefined ? '' : placeOf(query.cursor).package;
  return [...entries.values()]
    .filter(
      (one) =>
        one.package > after &&
        (query.blocked === true || !one.blocked) &&
        (query.owner === undefined || one.owner === query.owner),
    )
    .toSorted((a, b) => (a.package < b.package ? -1 : 1))
    .slice(0, limit);
}

async function anywhere(tx: Reader, query: Query, limit: number): Promise<Entry[]> {
  if (query.inherit === true || query.change !== undefined || query.at !== undefined)
    throw new Problem('bad_request', 'inheritance and a change are asked for of one tag: say which');
  const { package: name, owner, blocked = false } = query;
  const after = query.cursor === undefined ? { tag: 0, package: '' } : placeOf(query.cursor);
  return await entriesEverywhere(tx, { package: name, owner, blocked }, after, limit);
}

function placeOf(cursor: string): { tag: number; package: string } {
  const match = /^(\d{1,15}) (\S+)$/.exec(cursor);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Problem('bad_request', 'the cursor is not one of ours');
  return { tag: Number(match[1]), package: match[2] };
}
