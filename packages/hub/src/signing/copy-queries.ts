/** A signed copy as the ledger keeps it: the unsigned one with another file. */
import { sql } from 'kysely';
import { insertSplice } from '../blobs/index.ts';
import { row, type Tx } from '../ledger/index.ts';
import type { SignedCopy } from './keep.ts';

export async function addSignedCopy(tx: Tx, copy: SignedCopy): Promise<void> {
  const { rpm, key, front, sha256, size, headerStart, headerEnd } = copy;
  const unsigned = await row(
    tx,
    sql<{ sha256: string; size: number; rest: number }>`
    INSERT INTO copies (rpm_id, key_id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end)
    SELECT rpm_id, ${key}, name, epoch, version, release, arch, file_name, ${sha256}, ${size}, ${headerStart}, ${headerEnd}
      FROM copies WHERE rpm_id = ${rpm} AND key_id IS NULL
    RETURNING (SELECT sha256 FROM rpms WHERE id = rpm_id), (SELECT size FROM rpms WHERE id = rpm_id),
              (SELECT header_start FROM rpms WHERE id = rpm_id) AS rest`,
  );
  if (unsigned === undefined) throw new Error(`package ${rpm} is not there as it was built`);
  await insertSplice(tx, sha256, size, [
    front,
    { sha256: unsigned.sha256, start: unsigned.rest, length: unsigned.size - unsigned.rest },
  ]);
}
