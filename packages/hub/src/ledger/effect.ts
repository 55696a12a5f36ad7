/**
 * Idempotency: the effect of a request and its reply are kept together, under (principal, route, key).
 *
 * Invariant: of two requests with one key, one has the effect; the other's is taken back and it gets the same reply.
 */
import { createHash } from 'node:crypto';
import { Problem } from '@moromi/contract';
import type { Ledger, Tx } from './ledger.ts';
import { findReply, keepReply } from './queries.ts';

export interface Keyed {
  principal: string;
  route: string;
  /** Without a key every request is a new one. */
  key: string | undefined;
  body: unknown;
}

export async function effect<T>(
  ledger: Ledger,
  name: string,
  keyed: Keyed,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { principal, route, key } = keyed;
  if (key === undefined) return await ledger.tx(name, work);
  const bodyHash = createHash('sha256')
    .update(JSON.stringify(keyed.body ?? null))
    .digest('hex');
  try {
    return await ledger.tx(name, async (tx) => {
      const reply = await work(tx);
      // Last, so that the usual case, a key that is new, costs one statement. Where somebody else has just kept a reply
      // under it, this whole transaction is taken back.
      if (!(await keepReply(tx, { principal, route, key, bodyHash, reply }))) throw new AlreadyDone();
      return reply;
    });
  } catch (error) {
    // Whatever went wrong may be due to the effect being there already: `tag_exists` is what a repetition meets.
    const kept = await findReply(ledger.read, principal, route, key).catch(() => undefined);
    if (kept === undefined) throw error;
    if (kept.bodyHash !== bodyHash) throw new Problem('idempotency_mismatch');
    return kept.reply as T;
  }
}

class AlreadyDone extends Error {}
