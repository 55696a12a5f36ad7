/**
 * What a rebuild is of: the latest builds of a tag, or source packages that were handed in; with what each requires.
 *
 * Invariant: what the last build's own source package said on an architecture counts before what was submitted, since
 * only there are the generated requirements.
 */
import { type NewRebuild, Problem } from '@moromi/contract';
import { requirementsOf } from '@moromi/rpm';
import { type BlobStore, blobSize } from '../blobs/index.ts';
import { type LastSource, lastSources, readPackage, readSubmitted } from '../builds/index.ts';
import { contentAt, requireTag } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import type { RebuildPackage } from './rebuild-request.ts';

/** Headers are read by so many at once. */
const atOnce = 8;

export async function packagesOfTag(
  reader: Reader,
  store: BlobStore,
  name: string,
  change: number,
  only?: readonly string[],
): Promise<RebuildPackage[]> {
  const tag = await requireTag(reader, name);
  const content = await contentAt(reader, tag, change);
  const unknown = only?.find((one) => content.every((build) => build.package !== one));
  if (unknown !== undefined) throw new Problem('unknown_package', `${name} has no build of ${unknown}`);
  const builds = content
    .filter((one) => only === undefined || only.includes(one.package))
    .map((one) => one.build);
  return await inBatches(await lastSources(reader, builds), (one) => ofBuild(store, one));
}

export async function packagesOfSources(
  reader: Reader,
  store: BlobStore,
  sources: NonNullable<NewRebuild['sources']>,
): Promise<RebuildPackage[]> {
  const found = await inBatches(sources, async ({ sha256, name: sourceName }) => {
    if ((await blobSize(reader, sha256)) === undefined)
      throw new Problem('unknown_blob', `${sourceName} was not uploaded`);
    const rpm = await readSubmitted(store, sha256, sourceName);
    return {
      name: rpm.name,
      sourceName,
      sourceSha256: sha256,
      requires: [{ arches: [], requires: requirementsOf(rpm) }],
    };
  });
  const names = new Set<string>();
  for (const { name } of found) {
    if (names.has(name)) throw new Problem('bad_request', `${name} stands there twice`);
    names.add(name);
  }
  if (found.length === 0) throw new Problem('bad_request', 'a rebuild of nothing');
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function ofBuild(store: BlobStore, one: LastSource): Promise<RebuildPackage> {
  const { name, sourceName, sourceSha256 } = one;
  const about = { name, sourceName, sourceSha256 };
  if (one.requires !== null) return { ...about, requires: alike(one.requires) };
  const rpm = await readPackage(store, one.madeSha256 ?? sourceSha256);
  return { ...about, requires: [{ arches: [], requires: requirementsOf(rpm) }] };
}

/** Architectures that require the same are told together. */
function alike(list: NonNullable<LastSource['requires']>): RebuildPackage['requires'] {
  const groups = Map.groupBy(list, (one) => JSON.stringify(one.requires));
  return [...groups.values()].map((same) => ({
    arches: same.map((one) => one.arch),
    requires: same[0]?.requires ?? [],
  }));
}

async function inBatches<A, B>(list: readonly A[], work: (one: A) => Promise<B>): Promise<B[]> {
  const done: B[] = [];
  for (let from = 0; from < list.length; from += atOnce)
    done.push(...(await Promise.all(list.slice(from, from + atOnce).map(work))));
  return done;
}
