/** Links of inheritance as people say them and as they are kept, and that they can be followed. */
import type { Inheritance } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';
import { checkFilter } from './filters.ts';
import { type Edge, inheritors } from './inheritance.ts';
import { edgesBelow } from './queries.ts';
import { lineageOf, waysOf } from './sight.ts';

/** The link of a tag to a parent, as it was asked for. @throws Problem `bad_filter` */
export function linkOf(tag: number, parent: number, said: Omit<Inheritance, 'parent'>): Edge {
  const filter = said.pkgFilter ?? null;
  if (filter !== null) checkFilter(filter);
  return {
    tag,
    parent,
    priority: said.priority,
    maxdepth: said.maxdepth ?? null,
    intransitive: said.intransitive ?? false,
    noconfig: said.noconfig ?? false,
    filter,
  };
}

/** As it is said to people. */
export function saidOf(edge: Edge, parent: string): Inheritance {
  return {
    parent,
    priority: edge.priority,
    maxdepth: edge.maxdepth,
    intransitive: edge.intransitive,
    noconfig: edge.noconfig,
    pkgFilter: edge.filter,
  };
}

/** That a tag, and whatever has it above itself, can be looked at. @throws Problem `inheritance_too_wide` */
export async function requireWays(tx: Tx, tag: number): Promise<void> {
  const up = (await lineageOf(tx, { id: tag })).edges;
  waysOf(up, tag);
  // Without filters the ways of those below are no more than there are tags and depths.
  if (!up.some((edge) => edge.filter !== null)) return;
  const below = await edgesBelow(tx, tag);
  for (const one of inheritors(below, tag))
    if (one !== tag) waysOf((await lineageOf(tx, { id: one })).edges, one);
}
