/**
 * What the trees of a build repository hold.
 *
 * Invariant: it is a function of the tag, the catalogue change and the snapshots of external repositories alone; read again
 * at any time it is the same. Told as a change of the last revision it is the same again, and costs what may have changed.
 */
import {
  changedPackages,
  contentAt,
  contentOf,
  rootArches,
  settingsOf,
  type TagFacts,
} from '../catalog/index.ts';
import { type Merged, snapshotsFor } from '../externals/index.ts';
import type { Reader } from '../ledger/index.ts';
import { changeMerged, type SourcedCopy, wholeMerged } from './merged.ts';
import type { Content } from './press/sequence.ts';
import { copiesInRuns, copiesOfBuilds } from './queries.ts';

export interface TreeContent {
  tree: string;
  content: Content;
  /** What it has merged of external repositories. */
  merged?: readonly Merged[];
}

/** The runs of a revision's trees, and the catalogue change that it shows. */
export interface Before {
  change: number;
  trees: ReadonlyMap<string, number[]>;
  merged?: ReadonlyMap<string, Merged[]>;
}

/** A tag's first revision would lack what its roots are made of. */
class ExternalPending extends Error {
  readonly code = 'external_pending';
}

/**
 * One architecture plus noarch, for each architecture of the tag; the latest build of each package, as it was built, and
 * what is merged of external repositories.
 */
export async function buildTrees(
  reader: Reader,
  tag: TagFacts,
  change: number,
  before: Before | undefined,
): Promise<TreeContent[]> {
  const arches = rootArches(await settingsOf(reader, tag, change));
  const { merged, missing } = await snapshotsFor(reader, tag, change, arches);
  if (before === undefined && missing.length > 0)
    throw new ExternalPending(
      `nothing was read yet of the external repositories ${missing.join(', ')}; moromi external-repo-info says what ails them`,
    );
  const packages = before === undefined ? 'all' : await changedPackages(reader, tag, before.change, change);
  if (before === undefined || packages === 'all' || arches.some((arch) => !before.trees.has(arch)))
    return await wholeTrees(reader, tag, change, arches, merged);
  const after = await copiesOf(reader, await contentOf(reader, tag, change, packages));
  const trees = await Promise.all(
    arches.map(async (tree): Promise<TreeContent | undefined> => {
      const runs = before.trees.get(tree) ?? [];
      const there = new Set(await copiesInRuns(reader, runs, packages));
      const own = forArch(after, tree);
      const wanted = new Set(own.map((one) => one.id));
      const remove = [...there].filter((id) => !wanted.has(id));
      const add = [...wanted].filter((id) => !there.has(id));
      const theirs = {
        before: before.merged?.get(tree) ?? [],
        after: merged.get(tree) ?? [],
      };
      const outside = await changeMerged(reader, tag, change, {
        tree,
        runs,
        ...theirs,
        packages,
        own,
        remove,
        add,
      });
      return (
        outside && {
          tree,
          content: { before: runs, remove: [...remove, ...outside.remove], add: [...add, ...outside.add] },
          merged: theirs.after,
        }
      );
    }),
  );
  const whole = arches.filter((_, at) => trees[at] === undefined);
  const rest = whole.length === 0 ? [] : await wholeTrees(reader, tag, change, whole, merged);
  return arches.flatMap((tree, at) => trees[at] ?? rest.find((one) => one.tree === tree) ?? []);
}

async function wholeTrees(
  reader: Reader,
  tag: TagFacts,
  change: number,
  arches: readonly string[],
  merged: ReadonlyMap<string, Merged[]>,
): Promise<TreeContent[]> {
  const all = await copiesOf(reader, await contentAt(reader, tag, change));
  return await Promise.all(
    arches.map(async (tree) => {
      const own = forArch(all, tree);
      const after = merged.get(tree) ?? [];
      const outside = await wholeMerged(reader, tag, change, tree, after, own);
      return { tree, content: { all: [...own.map((one) => one.id), ...outside] }, merged: after };
    }),
  );
}

async function copiesOf(
  reader: Reader,
  builds: readonly { build: number; package: string }[],
): Promise<SourcedCopy[]> {
  if (builds.length === 0) return [];
  const packages = new Map(builds.map((one) => [one.build, one.package]));
  const copies = await copiesOfBuilds(reader, [...packages.keys()]);
  return copies.map(({ build, ...one }) => ({ ...one, package: packages.get(build) ?? '' }));
}

function forArch(copies: readonly SourcedCopy[], tree: string): SourcedCopy[] {
  return copies.filter(({ arch }) => arch === tree || arch === 'noarch');
}
