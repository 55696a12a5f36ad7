/**
 * A task of the kind `closure`: what can be installed with a change and could be without it.
 */
import { Refused } from '../failure.ts';
import type { Done, Work } from './work.ts';

export async function closure(work: Work): Promise<Done> {
  const order = work.lease.closure;
  if (order === undefined) throw new Refused('bad_order', 'The task brings nothing to compare.');
  throw new Refused('bad_order', `${order.arches.length} architectures cannot be compared yet.`);
}
