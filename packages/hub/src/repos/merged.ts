/**
 * External repositories in the trees of a build repository.
 *
 * Invariant: what comes of the whole and what comes of a change is the same; see `externals/merging.ts`.
 */
import { blockedAt, type TagFacts } from '../catalog/index.ts';
import { isChangeOf, type Merged, mergedChange, mergedWhole, type OwnTree } from '../externals/index.ts';
import type { Reader } from '../ledger/index.ts';
import {
  externalsInRuns,
  type OwnSource,
  ownCopies,
  ownInRuns,
  sourcesInRuns,
  sourcesOf,
} from './merged-queries.ts';

/** A copy of ours, and the source package that it is of. */
export interface SourcedCopy {
  id: number;
  arch: string;
  package: string;
}

/** @param own what our own tag has in the tree @returns copies of external repositories that stand there beside it */
export async function wholeMerged(
  reader: Reader,
  tag: TagFacts,
  change: number,
  tree: string,
  merged: readonly Merged[],
  own: readonly SourcedCopy[],
): Promise<number[]> {
  return await mergedWhole(reader, tree, merged, {
    packages: () =>
      ownCopies(
        reader,
        own.map((one) => one.id),
      ),
    sources: async () =>
      byName(
        await sourcesOf(
          reader,
          own.map((one) => one.id),
        ),
      ),
    blocked: () => blockedAt(reader, tag, change),
  });
}

export interface TreeChange {
  tree: string;
  runs: readonly number[];
  before: readonly Merged[];
  after: readonly Merged[];
  /** Our source packages that may have changed, and what the tree has of them now. */
  packages: readonly string[];
  own: readonly SourcedCopy[];
  /** Copies of ours that leave and enter. */
  remove: readonly number[];
  add: readonly number[];
}

/** @returns copies of external repositories that leave and enter; undefined where that cannot be told as a change */
export async function changeMerged(
  reader: Reader,
  tag: TagFacts,
  change: number,
  one: TreeChange,
): Promise<{ remove: number[]; add: number[] } | undefined> {
  const { tree, runs, before, after, packages, remove, add } = one;
  if (!isChangeOf(before, after)) return undefined;
  if (after.length === 0) return { remove: [], add: [] };
  const moved = await ownCopies(reader, [...remove, ...add]);
  const touched = { sources: packages, names: moved.map(({ name }) => name) };
  const { names, copies } = await mergedChange(
    reader,
    tree,
    before,
    after,
    touched,
    ownAfter(reader, tag, change, one),
  );
  if (names.length === 0) return { remove: [], add: [] };
  const wanted = new Set(copies);
  const there = new Set(await externalsInRuns(reader, runs, names));
  return {
    remove: [...there].filter((id) => !wanted.has(id)),
    add: copies.filter((id) => !there.has(id)),
  };
}

const byName = (list: readonly OwnSource[]) => new Map(list.map((one) => [one.name, one.sourceRpm]));

function ownAfter(
  reader: Reader,
  tag: TagFacts,
  change: number,
  { runs, packages, own, remove, add }: TreeChange,
): OwnTree {
  const gone = new Set(remove);
  return {
    packages: async (names) => {
      if (names === 'all') throw new Error('of a change not all is asked for');
      const wanted = new Set(names);
      const stay = (await ownInRuns(reader, runs, names)).filter(({ id }) => !gone.has(id));
      const come = (await ownCopies(reader, add)).filter(({ name }) => wanted.has(name));
      return [...stay, ...come];
    },
    sources: async (names) => {
      if (names === 'all') throw new Error('of a change not all is asked for');
      const touched = new Set(packages);
      const others = names.filter((name) => !touched.has(name));
      const here = own.filter((copy) => names.includes(copy.package)).map((copy) => copy.id);
      return byName([...(await sourcesOf(reader, here)), ...(await sourcesInRuns(reader, runs, others))]);
    },
    blocked: (names) => blockedAt(reader, tag, change, names === 'all' ? undefined : names),
  };
}
