/**
 * Keys: which there are, and which may sign.
 *
 * Invariant: a key counts only since an administrator said so, whoever offers it; the hub has its public part and no
 * other. What is revoked stays so.
 */
import { type NewKey, Problem } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { remakeStill, replaceKeyInDists, touchSigned } from '../repos/index.ts';
import { cancelTask, type Finisher } from '../tasks/index.ts';
import {
  acceptKey,
  type Certified,
  findKey,
  insertKey,
  type KeyFacts,
  markRevoked,
  renewKey,
  retireKey,
  setBackend,
} from './key-queries.ts';
import { channelOf, requireKey, requireUsable, whyUnusable } from './key-state.ts';
import { cancelPairs, dueAgain, lockTasksOf } from './queries.ts';
import { replaceKey } from './tag-keys.ts';

/** @param found what its certificate says, where one was given; otherwise it is one that a signer offers */
export async function addKey(
  tx: Tx,
  actor: string,
  wanted: NewKey,
  found: Certified | undefined,
): Promise<KeyFacts> {
  const { name, fingerprint, offline = false } = wanted;
  if ((found === undefined) === (fingerprint === undefined))
    throw new Problem(
      'bad_request',
      'give either a public key or the fingerprint of one that a signer offers',
    );
  if (found === undefined) {
    const offered = await findKey(tx, { fingerprint: fingerprint ?? '' }, 'update');
    if (offered === undefined) throw new Problem('unknown_key', `no signer offers a key ${fingerprint}`);
    await letCount(tx, offered, name, offline, actor);
  } else {
    const there = await findKey(tx, { fingerprint: found.fingerprint }, 'update');
    if (there === undefined) {
      const row = { ...found, name, state: 'active' as const, offline, backend: null, addedBy: actor };
      if (!(await insertKey(tx, row))) throw exists(name);
    } else {
      if (there.state === 'revoked') throw new Problem('key_revoked', `the key ${there.name} was revoked`);
      await renewKey(tx, there.id, found);
      await dueAgain(tx, there.id, 'key_expired');
      if (there.state === 'offered') await letCount(tx, there, name, offline, actor);
      else if (there.name !== name) throw new Problem('key_exists', `that key is there as ${there.name}`);
    }
  }
  const key = await requireKey(tx, name);
  if (key.expired) throw new Problem('key_expired', whyUnusable(key)?.message);
  tell(tx, {
    type: 'key.added',
    subject: `key:${name}`,
    actor,
    data: { fingerprint: key.fingerprint, expiresAt: key.expiresAt?.toISOString() ?? null },
  });
  hint(tx, 'signings');
  return key;
}

async function letCount(tx: Tx, key: KeyFacts, name: string, offline: boolean, actor: string): Promise<void> {
  if (key.state !== 'offered') throw new Problem('key_exists', `that key is there as ${key.name}`);
  if (!(await acceptKey(tx, key.id, name, offline, actor))) throw exists(name);
}

function exists(name: string): Problem {
  return new Problem('key_exists', `there is a key ${name} already`);
}

/** What a signer says that it has. A key that is not known is noted and counts for nothing yet. */
export async function noteOffered(
  tx: Tx,
  worker: string,
  offered: readonly (Certified & { name: string; backend: string })[],
): Promise<void> {
  for (const { name, backend, ...found } of offered) {
    const there = await findKey(tx, { fingerprint: found.fingerprint }, 'update');
    if (there !== undefined) {
      await setBackend(tx, there.id, backend);
      continue;
    }
    const row = { ...found, state: 'offered' as const, offline: false, backend, addedBy: worker };
    // A name that is taken, by whatever key, gets the end of this one's fingerprint.
    const names = [name, `${name.slice(0, 150)}-${found.fingerprint.slice(-16)}`];
    for (const one of names) if (await insertKey(tx, { ...row, name: one })) break;
    tell(tx, {
      type: 'key.offered',
      subject: `worker:${worker}`,
      actor: worker,
      data: { fingerprint: found.fingerprint, name },
    });
  }
}

/** Nothing is signed with it any more, and no new revision gives what it has signed. */
export async function revokeKey(
  tx: Tx,
  finisher: Finisher,
  actor: string,
  name: string,
  reason: string,
): Promise<KeyFacts> {
  const before = await requireKey(tx, name);
  if (before.state === 'revoked') return before;
  // Tasks before their key, as those lock who end them.
  const tasks = await lockTasksOf(tx, channelOf(before));
  const key = await requireKey(tx, name, 'update');
  if (key.state === 'revoked') return key;
  await markRevoked(tx, key.id, reason);
  const failure = {
    code: 'key_revoked',
    message: `the key ${name} was revoked: ${reason}`,
    fault: 'canceled' as const,
  };
  const pairs = await cancelPairs(tx, key.id, failure);
  for (const task of tasks) await cancelTask(tx, finisher, task, actor);
  await touchSigned(tx, key.id);
  await remakeStill(tx, name, actor);
  tell(tx, { type: 'key.revoked', subject: `key:${name}`, actor, data: { reason, canceled: pairs } });
  hint(tx, 'keys');
  return await requireKey(tx, name);
}

/** Another key takes its place in all tags and repositories; what it has signed stays good. */
export async function rotateKey(tx: Tx, actor: string, name: string, to: string): Promise<KeyFacts> {
  if (name === to) throw new Problem('bad_request', 'a key cannot take its own place');
  const old = await requireKey(tx, name, 'update');
  if (old.state === 'revoked') throw new Problem('key_revoked', whyUnusable(old)?.message);
  const fresh = await requireUsable(tx, to);
  await replaceKey(tx, actor, old, fresh);
  await replaceKeyInDists(tx, old.name, fresh.name, actor);
  await retireKey(tx, old.id, fresh.id);
  tell(tx, { type: 'key.rotated', subject: `key:${name}`, actor, data: { to } });
  return await requireKey(tx, name);
}
