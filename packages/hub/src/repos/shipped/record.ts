/**
 * Records of a repository beside those that list its packages: read from an uploaded file, checked and packed.
 *
 * Invariant: what a repository refers to is what its kind is made of; of kinds that nobody here knows the bytes are
 * taken as they are. Nothing is in the ledger before `keep` is called in the caller's transaction.
 */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { type DistDefinition, type DistRecord, Problem } from '@moromi/contract';
import { gzip, pack, RepodataError, suffixOf, zstd } from '@moromi/repodata';
import { type BlobReader, type BlobStore, insertBlob } from '../../blobs/index.ts';
import type { Tx } from '../../ledger/index.ts';

/** Fedora's updateinfo.xml has some 30 MB, its modules.yaml one. */
const largest = 256 * 1024 * 1024;

export async function readRecord(
  blobs: BlobReader,
  store: BlobStore,
  { type, sha256, name }: { type: string; sha256: string; name: string },
  compression: DistDefinition['compression'],
): Promise<{ about: DistRecord; keep: (tx: Tx) => Promise<void> }> {
  const blob = await blobs.find(sha256);
  if (blob.size > largest)
    throw new Problem('too_large', `${name} has ${blob.size} bytes; ${largest} are read`);
  const bytes = await buffer(await blob.read());
  try {
    const form = compression === 'zstd' ? zstd : gzip;
    const [plain, fileName] = [bytes, `${name}${suffixOf(form)}`];
    const stored = await store.put(pack(plain, form));
    const openSha256 = createHash('sha256').update(plain).digest('hex');
    return {
      about: { type, name: fileName, ...stored, openSha256, openSize: plain.length },
      keep: (tx) => insertBlob(tx, stored.sha256, stored.size),
    };
  } catch (error) {
    if (error instanceof RepodataError) throw new Problem('bad_record', `${name}: ${error.message}`);
    throw error;
  }
}
