/**
 * What the trees of a repository that is shipped hold.
 *
 * Invariant: a function of the tag's content at a change, the definition, and the signatures that there are; told as a
 * change of the last revision it is the same, and costs the packages that may have changed.
 */
import type { DistDefinition } from '@moromi/contract';
import { changedPackages, contentAt, contentOf, listedAt, type TagFacts } from '../../catalog/index.ts';
import type { Reader } from '../../ledger/index.ts';
import type { Before, TreeContent } from '../content.ts';
import { copiesInRuns } from '../queries.ts';
import { type BuiltPackage, choose, type Placed, treesOf } from './choose.ts';
import { packagesOfBuilds } from './queries.ts';
import type { UnsignedBuild } from './unsigned.ts';

export interface DistOrder {
  tag: TagFacts;
  change: number;
  definition: DistDefinition;
  /** Packages of which something beside the catalogue has changed. */
  touched: readonly string[];
  /** The revision before; undefined where there is none or its definition was another. */
  before: Before | undefined;
}

export interface DistContent {
  trees: TreeContent[];
  /** Of the packages that were looked at. */
  unsigned: UnsignedBuild[];
  /** Those; `all` where the whole was. */
  looked: readonly string[] | 'all';
}

/** @param read reads the headers of these builds' packages that nobody has read yet */
export async function distTrees(
  reader: Reader,
  { tag, change, definition, touched, before }: DistOrder,
  read: (builds: readonly number[]) => Promise<void>,
): Promise<DistContent> {
  const changed = before === undefined ? 'all' : await changedPackages(reader, tag, before.change, change);
  const looked = changed === 'all' ? 'all' : [...new Set([...changed, ...touched])];
  const shown =
    looked === 'all' ? await contentAt(reader, tag, change) : await contentOf(reader, tag, change, looked);
  const { placed, unsigned } = await place(reader, tag, change, definition, shown, read);
  const byTree = Map.groupBy(placed, (one) => one.tree);
  const trees = await Promise.all(
    treesOf(definition).map(async (tree): Promise<TreeContent> => {
      const wanted = new Set((byTree.get(tree) ?? []).map((one) => one.copy));
      if (looked === 'all' || before === undefined) return { tree, content: { all: [...wanted] } };
      const runs = before.trees.get(tree) ?? [];
      const there = new Set(await copiesInRuns(reader, runs, looked));
      const remove = [...there].filter((id) => !wanted.has(id));
      return { tree, content: { before: runs, remove, add: [...wanted].filter((id) => !there.has(id)) } };
    }),
  );
  return { trees, unsigned, looked };
}

type Shown = Awaited<ReturnType<typeof contentOf>>[number];

async function place(
  reader: Reader,
  tag: TagFacts,
  change: number,
  definition: DistDefinition,
  shown: readonly Shown[],
  read: (builds: readonly number[]) => Promise<void>,
): Promise<{ placed: Placed[]; unsigned: UnsignedBuild[] }> {
  const placed: Placed[] = [];
  const unsigned: UnsignedBuild[] = [];
  const waiting: { one: Shown; first: string; count: number }[] = [];
  for (const [one, packages] of await withPackages(reader, shown, read)) {
    const choice = choose(packages, definition);
    const [first] = choice.unsigned;
    if (first === undefined) placed.push(...choice.placed);
    else {
      const about = { first: `${first.name}.${first.arch}`, count: choice.unsigned.length };
      if (definition.unsigned === 'wait') waiting.push({ one, ...about });
      else {
        placed.push(...choice.placed);
        unsigned.push({ nvr: one.nvr, package: one.package, instead: null, ...about });
      }
    }
  }
  for (const { one, first, count } of waiting) {
    const older = await signedInstead(reader, tag, change, definition, one, read);
    placed.push(...(older?.placed ?? []));
    unsigned.push({ nvr: one.nvr, package: one.package, instead: older?.nvr ?? null, first, count });
  }
  return { placed, unsigned };
}

/** The newest of the tag's builds of a package that is signed whole. */
async function signedInstead(
  reader: Reader,
  tag: TagFacts,
  change: number,
  definition: DistDefinition,
  latest: Shown,
  read: (builds: readonly number[]) => Promise<void>,
): Promise<{ nvr: string; placed: Placed[] } | undefined> {
  const all = await listedAt(reader, tag, change, { inherit: true, latest: false, package: latest.package });
  const at = all.findIndex((one) => one.build === latest.build);
  for (const older of all.slice(at + 1)) {
    const [[, packages] = []] = await withPackages(reader, [older], read);
    const choice = choose(packages ?? [], definition);
    if (choice.unsigned.length === 0) return { nvr: older.nvr, placed: choice.placed };
  }
  return undefined;
}

async function withPackages(
  reader: Reader,
  shown: readonly Shown[],
  read: (builds: readonly number[]) => Promise<void>,
): Promise<[Shown, BuiltPackage[]][]> {
  const builds = shown.map((one) => one.build);
  await read(builds);
  const found = Map.groupBy(await packagesOfBuilds(reader, builds), (one) => one.build);
  return shown.map((one) => [
    one,
    (found.get(one.build) ?? []).map(({ build: _, copies, ...rest }) => ({
      ...rest,
      copies: new Map(Object.entries(copies)),
    })),
  ]);
}
