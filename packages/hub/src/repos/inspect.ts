/**
 * Whether metadata that a worker made says what the ledger says.
 *
 * Invariant: a pointer is only moved to a revision that is closed: repomd.xml names exactly the files that were
 * uploaded, with their hashes, and primary names exactly the packages of the tag at that change, with theirs.
 */

import { buffer } from 'node:stream/consumers';
import type { PublishResult, UploadedFile } from '@moromi/contract';
import { RepodataError, readPrimary, readRepomd } from '@moromi/repodata';
import { type BlobStore, missingBlobs } from '../blobs/index.ts';
import type { Reader } from '../ledger/index.ts';
import { Refusal } from '../tasks/index.ts';
import type { ArchContent } from './content.ts';

const repomdLimit = 1024 * 1024;

export async function inspectRevision(
  reader: Reader,
  store: BlobStore,
  content: readonly ArchContent[],
  result: PublishResult,
): Promise<void> {
  const missing = await missingBlobs(
    reader,
    result.arches.flatMap((one) => one.files),
  );
  if (missing.length > 0)
    throw refuse(`${missing.length} metadata files are not in the store: ${missing[0]}`);
  if (
    result.arches
      .map((one) => one.arch)
      .toSorted()
      .join(' ') !==
    content
      .map((one) => one.arch)
      .toSorted()
      .join(' ')
  )
    throw refuse('it is not for the architectures of the tag');
  for (const { arch, packages } of content) {
    const files = result.arches.find((one) => one.arch === arch)?.files ?? [];
    try {
      await inspectArch(store, packages, files);
    } catch (error) {
      throw error instanceof RepodataError ? refuse(`${arch}: ${error.message}`) : error;
    }
  }
}

async function inspectArch(
  store: BlobStore,
  packages: ArchContent['packages'],
  files: readonly UploadedFile[],
): Promise<void> {
  const byName = new Map(files.map((file) => [file.name, file]));
  const head = byName.get('repomd.xml');
  if (head === undefined || head.size > repomdLimit)
    throw refuse('there is no repomd.xml of a sensible size');
  const repomd = readRepomd((await buffer(await store.open(head.sha256))).toString('utf8'));
  const named = new Set(['repomd.xml']);
  for (const record of repomd.records) {
    const name = record.href.replace(/^repodata\//, '');
    const file = byName.get(name);
    if (file === undefined || file.sha256 !== record.checksum || file.size !== record.size)
      throw refuse(`repomd.xml names ${record.href}, which was not uploaded like that`);
    named.add(name);
  }
  const extra = files.find((file) => !named.has(file.name));
  if (extra !== undefined) throw refuse(`${extra.name} is not named in repomd.xml`);
  const primary = repomd.records.find((record) => record.type === 'primary');
  if (primary === undefined) throw refuse('it has no primary metadata');
  const wanted = new Map(packages.map((one) => [`Packages/${one.name}`, one]));
  for await (const one of readPrimary(await store.open(primary.checksum))) {
    const member = wanted.get(one.location);
    if (member === undefined || member.sha256 !== one.sha256 || member.size !== one.size)
      throw refuse(`primary names ${one.location}, which the tag does not hold like that`);
    wanted.delete(one.location);
  }
  const [lacking] = wanted.keys();
  if (lacking !== undefined) throw refuse(`primary lacks ${lacking}`);
}

function refuse(message: string): Refusal {
  return new Refusal('metadata_refused', message, 'infrastructure');
}
