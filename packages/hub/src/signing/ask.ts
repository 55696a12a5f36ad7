/**
 * Signatures that somebody asks for, and builds that somebody calls done.
 *
 * Invariant: nothing is signed that is not complete and live; who asks twice has it signed once.
 */
import { Problem } from '@moromi/contract';
import { type BuildFacts, findBuild, findBuildByNvr } from '../builds/index.ts';
import { type Reader, type Tx, tell } from '../ledger/index.ts';
import { findKey } from './key-queries.ts';
import { requireKey, requireUsable, whyUnusable } from './key-state.ts';
import { Policies } from './policy.ts';
import { finishPairs, tagsOf, type Want, wantAgain } from './queries.ts';
import { follow, want } from './wants.ts';

export async function requireBuild(tx: Reader, which: string): Promise<BuildFacts> {
  const build = /^\d{1,15}$/.test(which)
    ? await findBuild(tx, Number(which))
    : await findBuildByNvr(tx, which);
  if (build === undefined) throw new Problem('unknown_build', `there is no build ${which}`);
  return build;
}

/** @returns how many packages wait since now */
export async function askFor(
  tx: Tx,
  actor: string,
  builds: readonly BuildFacts[],
  keyName: string | undefined,
): Promise<number> {
  const unfit = builds.find((one) => one.state !== 'complete' || one.scratch);
  if (unfit !== undefined)
    throw new Problem(
      'build_not_complete',
      `build ${unfit.id} is ${unfit.scratch ? 'scratch' : unfit.state}; only builds that are complete and not scratch are signed`,
    );
  const wants = keyName === undefined ? await byPolicy(tx, builds) : await byKey(tx, builds, keyName);
  if (wants.length === 0)
    throw new Problem('nothing_to_sign', 'the tags of these builds want no signature: name a key');
  let asked = 0;
  for (const [key, list] of Map.groupBy(wants, (one) => one.key)) {
    const again = await wantAgain(
      tx,
      list.map((one) => one.build),
      key,
    );
    asked += await follow(tx, again, actor, true);
    asked += await want(tx, list, actor, true);
  }
  return asked;
}

async function byKey(tx: Tx, builds: readonly BuildFacts[], name: string): Promise<Want[]> {
  const key = await requireUsable(tx, name);
  const policies = await Policies.read(tx);
  const form = policies.formOf(key.id) ?? 'header';
  return builds.map(({ id }) => ({ build: id, key: key.id, tag: null, form, arches: null }));
}

async function byPolicy(tx: Tx, builds: readonly BuildFacts[]): Promise<Want[]> {
  const policies = await Policies.read(tx);
  const wants = new Map<string, Want>();
  for (const { tag, build } of await tagsOf(
    tx,
    builds.map((one) => one.id),
  ))
    for (const { key, form, arches } of policies.of(tag).keys) {
      if (key === null) continue;
      const facts = await findKey(tx, { id: key }, 'share');
      const trouble = facts === undefined ? null : whyUnusable(facts);
      if (trouble !== null) throw new Problem(trouble.code, trouble.message);
      wants.set(`${build} ${key} ${arches?.join() ?? ''}`, { build, key, tag, form, arches });
    }
  return [...wants.values()];
}

/** What is not signed of a build, by one key or by all, was done by hand elsewhere. */
export async function finishByHand(
  tx: Tx,
  actor: string,
  build: BuildFacts,
  { reason, key: keyName }: { reason: string; key?: string | undefined },
): Promise<void> {
  const key = keyName === undefined ? undefined : await requireKey(tx, keyName);
  const failure = { code: 'finished_by_hand', message: `${actor}: ${reason}`, fault: 'canceled' as const };
  const pairs = await finishPairs(tx, { build: build.id, key: key?.id }, actor, failure);
  if (pairs === 0)
    throw new Problem(
      'nothing_to_sign',
      `nothing of build ${build.id} waits for a signature${key === undefined ? '' : ` by ${key.name}`}`,
    );
  tell(tx, {
    type: 'build.sign-finished',
    subject: `build:${build.id}`,
    actor,
    build: build.id,
    data: { nvr: build.nvr, reason, rpms: pairs, ...(key === undefined ? {} : { key: key.name }) },
  });
}
