/**
 * Records of a repository beside those that list its packages: read from an uploaded file, checked and packed.
 *
 * Invariant: what a repository refers to is what its kind is made of; of kinds that nobody here knows the bytes are
 * taken as they are, unpacked. What is stored is durable before this returns, and in no ledger.
 */
import { buffer } from 'node:stream/consumers';
import type { DistDefinition } from '@moromi/contract';
import {
  type Compression,
  compsRecord,
  type ExtraRecord,
  extraRecord,
  gzip,
  modulesRecord,
  productidRecord,
  RepodataError,
  readUpdateinfo,
  recordOf,
  Updates,
  unpackForeign,
  updateinfoRecord,
  zstd,
} from '@moromi/repodata';
import { BlobReader } from '../../blobs/index.ts';
import type { MadeRecord, Workshop } from './workshop.ts';

export interface RecordOrder {
  /** `group`, `modules`, … */
  type: string;
  /** Of the file that was given, for what nobody here knows. */
  name: string;
  sha256: string;
  compression: DistDefinition['compression'];
}

/** Of a file, packed and unpacked: Fedora's updateinfo.xml has some 30 MB, its modules.yaml one. */
const largest = 256 * 1024 * 1024;

/** Throws RepodataError: what the file is not. */
export async function makeRecord(
  { reader, store }: Pick<Workshop, 'reader' | 'store'>,
  { type, name, sha256, compression }: RecordOrder,
): Promise<MadeRecord> {
  const blob = await new BlobReader(reader, store).find(sha256);
  if (blob.size > largest)
    throw new RepodataError('too_large', `The file has ${blob.size} bytes; ${largest} are read.`);
  const plain = await buffer(unpackForeign(await blob.read(), largest));
  return await storeRecord(store, await checked(type, name, plain, compressionOf(compression)));
}

export function compressionOf(compression: DistDefinition['compression']): Compression {
  return compression === 'zstd' ? zstd : gzip;
}

export async function storeRecord(store: Workshop['store'], record: ExtraRecord): Promise<MadeRecord> {
  const { checksum: sha256, size, openChecksum, openSize } = recordOf(record, 0);
  await store.put(record.packed);
  const open = { openSha256: openChecksum ?? sha256, openSize: openSize ?? size };
  return { type: record.type, name: record.fileName, sha256, size, ...open };
}

async function checked(
  type: string,
  name: string,
  plain: Buffer,
  compression: Compression,
): Promise<ExtraRecord> {
  switch (type) {
    case 'group':
      return compsRecord(plain, compression);
    case 'modules':
      return modulesRecord([plain], compression);
    case 'productid':
      return productidRecord(plain);
    case 'updateinfo': {
      const updates = new Updates();
      for await (const one of readUpdateinfo(pieces(plain))) updates.add(one);
      return updateinfoRecord(updates.all(), compression);
    }
    default:
      return extraRecord(type, name.replace(/\.(gz|xz|zst|bz2)$/, ''), plain, compression);
  }
}

/** So that what one piece completes is few advisories. */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
