/** Reads, checks and packs a record of a repository that was uploaded. */
import { type DistDefinition, type DistRecord, Problem } from '@moromi/contract';
import { type BlobReader, insertBlob } from '../../blobs/index.ts';
import type { Tx } from '../../ledger/index.ts';
import { type Press, PressError } from '../press/press.ts';

/** The ledger learns of it by `keep`. */
export async function readRecord(
  blobs: BlobReader,
  press: Press,
  { type, sha256, name }: { type: string; sha256: string; name: string },
  compression: DistDefinition['compression'],
): Promise<{ about: DistRecord; keep: (tx: Tx) => Promise<void> }> {
  await blobs.find(sha256);
  try {
    const about = await press.record({ type, name, sha256, compression });
    return { about, keep: (tx) => insertBlob(tx, about.sha256, about.size) };
  } catch (error) {
    if (!(error instanceof PressError)) throw error;
    if (error.code === 'too_large') throw new Problem('too_large', `${name}: ${error.message}`);
    if (error.code === 'damaged' || error.code === 'hostile')
      throw new Problem('bad_record', `${name}: ${error.message}`);
    throw error;
  }
}
