/**
 * Groups and modules that a merged repository has from outside.
 *
 * Invariant: a function of the snapshots. Of groups the first repository that has any gives all, as mergerepo_c does it;
 * modules are those of all, one document behind the other.
 */
import { buffer } from 'node:stream/consumers';
import { type BlobStore, insertBlob } from '../blobs/index.ts';
import type { Reader } from '../ledger/index.ts';
import type { Merged } from './merging.ts';
import { mergedOf, recordsOf } from './merging-queries.ts';
import type { SnapshotRecord } from './queries.ts';

/** A file in the store, as the press puts it into a tree. */
export interface TreeRecord {
  type: string;
  name: string;
  sha256: string;
  size: number;
  openSha256: string;
  openSize: number;
}

export async function recordsFor(
  reader: Reader,
  store: BlobStore,
  merged: readonly Merged[],
): Promise<TreeRecord[]> {
  if (merged.length === 0) return [];
  const known = await recordsOf(
    reader,
    merged.map((one) => one.snapshot),
  );
  const of = (type: string) =>
    merged.flatMap(({ snapshot }) => known.get(snapshot)?.find((one) => one.type === type) ?? []);
  const [groups] = of('group');
  const modules = await joined(reader, store, of('modules'));
  return [
    ...(groups === undefined ? [] : [recordOf(groups, 'comps.xml')]),
    ...(modules === undefined ? [] : [recordOf(modules, 'modules.yaml')]),
  ];
}

function recordOf({ type, sha256, size }: SnapshotRecord, name: string): TreeRecord {
  return { type, name, sha256, size, openSha256: sha256, openSize: size };
}

async function joined(
  reader: Reader,
  store: BlobStore,
  list: readonly SnapshotRecord[],
): Promise<SnapshotRecord | undefined> {
  const [first, ...more] = list;
  if (first === undefined || more.length === 0) return first;
  const texts: string[] = [];
  for (const { sha256 } of list) {
    const text = (await buffer(await store.open(sha256))).toString();
    texts.push(`${text.startsWith('---') ? '' : '---\n'}${text}${text.endsWith('\n') ? '' : '\n'}`);
  }
  const blob = await store.put(Buffer.from(texts.join('')));
  await insertBlob(reader, blob.sha256, blob.size);
  return { type: first.type, ...blob };
}

/** What a revision has merged, by its trees. */
export async function mergedBefore(reader: Reader, revision: number): Promise<Map<string, Merged[]>> {
  const found = new Map<string, Merged[]>();
  for (const { tree, ...one } of await mergedOf(reader, revision))
    found.set(tree, [...(found.get(tree) ?? []), one]);
  return found;
}
