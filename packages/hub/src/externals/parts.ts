/**
 * The parts of a repository's metadata, fetched into a folder.
 *
 * Invariant: a file that is named here has the size and the SHA-256 that repomd.xml states.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type RepomdRecord, readRepomd, unpackForeign } from '@moromi/repodata';
import { nameOf, openAddress } from './remote.ts';
import { Trouble } from './trouble.ts';

/** In bytes: more than any part is, packed; and than groups and modules are, unpacked. */
const mostPart = 2 ** 30;
const mostRecord = 64 * 2 ** 20;

export const documents = ['primary', 'filelists', 'other'] as const;

export interface Parts {
  revision: string;
  /** Files of the three documents, as they are packed. */
  files: Record<(typeof documents)[number], string>;
  /** Groups and modules, unpacked. */
  records: { type: string; bytes: Buffer }[];
}

/** Records that a merged repository has too, with those in which old makers have them. */
const extras = [
  { type: 'group', from: ['group', 'group_gz', 'group_xz', 'group_zst'] },
  { type: 'modules', from: ['modules'] },
];

export async function fetchParts(
  base: string,
  root: Uint8Array,
  folder: string,
  signal: AbortSignal,
): Promise<Parts> {
  const { revision, records } = readRepomd(root);
  const find = (types: readonly string[]) =>
    types.map((type) => records.find((one) => one.type === type)).find((one) => one !== undefined);
  const bring = async (record: RepomdRecord): Promise<string> => {
    const path = join(folder, record.type);
    await fetchPart(new URL(record.href, base), record, path, signal);
    return path;
  };
  const files: Partial<Parts['files']> = {};
  for (const type of documents) {
    const record = find([type]);
    if (record === undefined)
      throw new Trouble('repo_incomplete', `${base}repodata/repomd.xml names no ${type} metadata.`);
    files[type] = await bring(record);
  }
  const found: Parts['records'] = [];
  for (const { type, from } of extras) {
    const record = find(from);
    if (record !== undefined) found.push({ type, bytes: await unpacked(await bring(record)) });
  }
  return { revision, files: files as Parts['files'], records: found };
}

async function fetchPart(
  address: URL,
  record: RepomdRecord,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const { type, size, checksum } = record;
  if (size > mostPart)
    throw new Trouble('repo_too_large', `The ${type} metadata has ${size} bytes; ${mostPart} are taken.`);
  const hash = createHash('sha256');
  let came = 0;
  const { bytes } = await openAddress(address, { most: size, signal });
  await pipeline(
    bytes,
    async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        hash.update(piece);
        came += piece.length;
        yield piece;
      }
    },
    createWriteStream(path),
  );
  const found = hash.digest('hex');
  if (came !== size || found !== checksum)
    throw new Trouble(
      'repo_damaged',
      `${nameOf(address)} has ${came} bytes and the SHA-256 ${found}; repomd.xml says ${size} and ${checksum}.`,
    );
}

async function unpacked(path: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of unpackForeign(createReadStream(path), mostRecord)) pieces.push(piece);
  return Buffer.concat(pieces);
}
