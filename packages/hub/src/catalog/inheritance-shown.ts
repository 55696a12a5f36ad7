/** The ancestors or descendants of a tag, as they are listed for people. */

import type { InheritanceStop } from '@moromi/contract';
import type { Static } from 'typebox';
import type { Reader } from '../ledger/index.ts';
import { type Edge, visits } from './inheritance.ts';
import { edges, type TagFacts, tagsById } from './queries.ts';
import { sightOf } from './sight.ts';

type Stop = Static<typeof InheritanceStop>;

/** @param reverse what inherits from the tag, instead of what it inherits from */
export async function inheritanceShown(
  tx: Reader,
  tag: TagFacts,
  change: number,
  reverse: boolean,
): Promise<Stop[]> {
  const stops = reverse ? below(await edges(tx, change), tag.id) : (await sightOf(tx, tag, change)).visits;
  const names = await tagsById(tx, [...new Set(stops.map((one) => one.tag))]);
  return stops.map(({ tag: id, depth, filters, noconfig, edge }) => ({
    tag: names.get(id)?.name ?? '',
    depth,
    priority: edge?.priority ?? null,
    maxdepth: edge?.maxdepth ?? null,
    intransitive: edge?.intransitive ?? false,
    noconfig: edge?.noconfig ?? false,
    pkgFilter: edge?.filter ?? null,
    filters: [...filters],
    givesSettings: !noconfig,
  }));
}

/** Downwards every link is shown, each tag where it is reached first: what comes through is each tag's own affair. */
function below(all: readonly Edge[], tag: number): ReturnType<typeof visits> {
  const turned = all.map((edge) => ({
    ...edge,
    tag: edge.parent,
    parent: edge.tag,
    maxdepth: null,
    intransitive: false,
    noconfig: false,
    filter: null,
  }));
  const own = new Map(all.map((edge) => [`${edge.tag} ${edge.parent}`, edge]));
  return visits(turned, tag).map((one) => ({
    ...one,
    edge: one.edge === null ? null : (own.get(`${one.edge.parent} ${one.edge.tag}`) ?? null),
  }));
}
