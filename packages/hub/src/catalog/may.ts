/**
 * Who may change what tags hold.
 *
 * Invariant: in a side tag its owner may what administrators may everywhere; only administrators override what stands in
 * the way.
 */
import { Problem } from '@moromi/contract';
import { demand, demandOwner } from '../identity/index.ts';
import type { Principal, Reader } from '../ledger/index.ts';
import { requireTag } from './look-up.ts';
import { findSide } from './side-queries.ts';

export async function demandTagging(
  tx: Reader,
  principal: Principal,
  names: readonly string[],
  force: boolean,
): Promise<void> {
  if (force) return demand(principal, 'admin');
  for (const name of names) {
    const side = await findSide(tx, (await requireTag(tx, name)).id);
    if (side === undefined) demand(principal, 'admin');
    else if (side.kind === 'link')
      throw new Problem('forbidden', `${name} is named by what is in it and never changes`);
    else demandOwner(principal, side.owner);
  }
}
