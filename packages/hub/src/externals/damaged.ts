/**
 * Files of external repositories that were found damaged in the store.
 *
 * Invariant: such a file is fetched again when it is next wanted; nothing is lost but the time that takes, as long as the
 * repository has it.
 */
import type { Repair } from '../blobs/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { forgetStored } from './file-queries.ts';

export function forgetDamaged(ledger: Ledger): Repair {
  return async (sha256) => {
    const count = await forgetStored(ledger.read, sha256);
    return count === 0 ? null : 'it is fetched again when somebody wants it';
  };
}
