/**
 * Which copies of external repositories stand in a tree.
 *
 * Invariant: told as a change of what was there it is what the whole is, and it costs the change: of what is new in our own
 * tag or in a repository, the names of packages that come of the same source packages are looked at, and no others.
 */
import type { MergeMode } from '@moromi/contract';
import type { TagFacts } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import { archFor, attachedTo } from './attached.ts';
import { archesOfTree, choose, type Offered, type Offering, type Own } from './choose.ts';
import {
  changedNames,
  namesOfSources,
  offeredAll,
  offeredByName,
  offeredBySource,
  snapshotsInUse,
} from './merging-queries.ts';

/** One of the snapshots that a tree has merged, in their order. */
export interface Merged {
  external: number;
  arch: string;
  mode: MergeMode;
  snapshot: number;
  /** Of the snapshot. */
  number: number;
}

/** Those that a tag's tree is to merge as they are in use now, and what it merges of which there is none yet. */
export async function snapshotsFor(
  reader: Reader,
  tag: Pick<TagFacts, 'id'>,
  change: number,
  trees: readonly string[],
): Promise<{ merged: Map<string, Merged[]>; missing: string[] }> {
  const merged = new Map<string, Merged[]>(trees.map((tree) => [tree, []]));
  const attached = await attachedTo(reader, tag, change);
  if (attached.length === 0) return { merged, missing: [] };
  const inUse = await snapshotsInUse(
    reader,
    attached.flatMap((one) => one.external?.id ?? []),
  );
  const missing = new Set<string>();
  for (const { name, external, definition, mode, arches } of attached) {
    for (const tree of trees.filter((one) => arches === null || arches.includes(one))) {
      const arch = archFor(definition, tree);
      const found = inUse.find((one) => one.external === external?.id && one.arch === arch);
      if (found === undefined) missing.add(name);
      else merged.get(tree)?.push({ ...found, mode });
    }
  }
  return { merged, missing: [...missing] };
}

/** What our own tag has in the tree, as far as it is asked for. */
export interface OwnTree {
  /** All packages of these names. */
  packages(names: readonly string[] | 'all'): Promise<Own[]>;
  /** The source packages that have any package in it: file names by names. */
  sources(names: readonly string[] | 'all'): Promise<Map<string, string>>;
  blocked(names: readonly string[] | 'all'): Promise<Set<string>>;
}

/** @returns copies */
export async function mergedWhole(
  reader: Reader,
  tree: string,
  merged: readonly Merged[],
  own: OwnTree,
): Promise<number[]> {
  if (merged.length === 0) return [];
  const offerings: Offering[] = [];
  for (const one of merged) offerings.push({ mode: one.mode, packages: await offeredAll(reader, one) });
  const ours = {
    packages: await own.packages('all'),
    sources: await own.sources('all'),
    blocked: await own.blocked('all'),
  };
  return choose(ours, offerings, archesOfTree(tree)).map((one) => one.copy);
}

/** Whether what a tree has merged can be told as a change of what it had merged: the same repositories, in one order. */
export function isChangeOf(before: readonly Merged[], after: readonly Merged[]): boolean {
  return (
    before.length === after.length &&
    before.every(
      (one, at) =>
        one.external === after[at]?.external && one.arch === after[at].arch && one.mode === after[at].mode,
    )
  );
}

/**
 * @param touched our packages that may be others than before: source packages, and names of what came and went
 * @returns names of packages whose choice may be another, and the copies that are chosen of these names now
 */
export async function mergedChange(
  reader: Reader,
  tree: string,
  before: readonly Merged[],
  after: readonly Merged[],
  touched: { sources: readonly string[]; names: readonly string[] },
  own: OwnTree,
): Promise<{ names: string[]; copies: number[] }> {
  if (after.length === 0) return { names: [], copies: [] };
  const names = new Set(touched.names);
  const sources = new Set(touched.sources);
  for (const [at, now] of after.entries()) {
    const then = before[at]?.number ?? 0;
    if (then === now.number) continue;
    for (const { name, source } of await changedNames(reader, now, then, now.number)) {
      names.add(name);
      if (source !== null) sources.add(source);
    }
  }
  if (sources.size > 0)
    for (const one of [...after, ...before])
      for (const name of await namesOfSources(reader, one, [...sources])) names.add(name);
  if (names.size === 0) return { names: [], copies: [] };
  const list = [...names];
  const offered: Offered[][] = [];
  for (const one of after) offered.push(await offeredByName(reader, one, list));
  const theirs = new Set(offered.flat().flatMap((one) => one.source ?? []));
  const offerings: Offering[] = [];
  for (const [at, one] of after.entries()) {
    // Packages of other names tell which source package comes first, and are not chosen here.
    const bySource = await offeredBySource(reader, one, [...theirs]);
    const byCopy = new Map([...(offered[at] ?? []), ...bySource].map((each) => [each.copy, each]));
    offerings.push({ mode: one.mode, packages: [...byCopy.values()].sort((a, b) => a.copy - b.copy) });
  }
  const ours = {
    packages: await own.packages(list),
    sources: await own.sources([...theirs]),
    blocked: await own.blocked([...theirs]),
  };
  const chosen = choose(ours, offerings, archesOfTree(tree)).filter((one) => names.has(one.name));
  return { names: list, copies: chosen.map((one) => one.copy) };
}
