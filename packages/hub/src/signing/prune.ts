/**
 * Signed copies that nobody needs.
 *
 * Invariant: a copy that a repository revision names stays, and so does what it was made of; nothing goes that was not
 * told of before unless it is asked for.
 */
import type { CopyPrune } from '@moromi/contract';
import { type Tx, tell } from '../ledger/index.ts';
import { requireBuild } from './ask.ts';
import { requireKey } from './key-state.ts';
import { copiesToPrune, dropCopies } from './shown-queries.ts';

export async function pruneCopies(
  tx: Tx,
  actor: string,
  { builds, key: name, really = false }: CopyPrune,
): Promise<{ copies: number; bytes: number; inUse: number }> {
  const key = name === undefined ? undefined : await requireKey(tx, name);
  const ids: number[] = [];
  for (const one of builds ?? []) ids.push((await requireBuild(tx, one)).id);
  const found = await copiesToPrune(tx, key?.id, builds === undefined ? undefined : ids);
  const idle = found.filter((one) => !one.used);
  const bytes = idle.reduce((sum, one) => sum + one.bytes, 0);
  const inUse = found.length - idle.length;
  if (really && idle.length > 0) {
    await dropCopies(
      tx,
      idle.map((one) => one.id),
    );
    tell(tx, {
      type: 'copies.pruned',
      subject: key === undefined ? 'keys' : `key:${key.name}`,
      actor,
      data: { copies: idle.length, bytes, inUse },
    });
  }
  return { copies: idle.length, bytes, inUse };
}
