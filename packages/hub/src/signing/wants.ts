/**
 * Who wants whose signature, found where the catalogue changes.
 *
 * Invariant: what is wanted is written in the transaction of the change that makes it wanted, so nothing is ever missed;
 * and what is looked at is what has changed since somebody looked last: builds that were tagged, packages that something
 * hides no more, or whole tags where it changed who inherits what or who wants which key. All who look hold the
 * catalogue's lock.
 *
 * A single update gets its task at once, before what comes of batches. All else waits to be gathered (`pump.ts`).
 */
import { contentAt, contentOf, type TagFacts } from '../catalog/index.ts';
import { hint, type Tx, tell } from '../ledger/index.ts';
import { findKey } from './key-queries.ts';
import { Policies } from './policy.ts';
import {
  assignPairs,
  type FreshPair,
  insertWants,
  structureChanged,
  taggedSince,
  takeLook,
  uncoveredSince,
  type Want,
} from './queries.ts';
import { inheritanceOf } from './reach.ts';
import { portions, signTask, singlePriority } from './sign-tasks.ts';

/** More builds than this in one change are a batch. */
const singleBuilds = 4;
/** Builds of this priority and later ones were not waited for either. */
const backgroundBuilds = 30;

/** @param altered tags that may show something else since this change */
export async function lookAt(
  tx: Tx,
  altered: readonly Pick<TagFacts, 'id'>[],
  change: number,
  actor: string,
): Promise<void> {
  const since = await takeLook(tx, change);
  const policies = await Policies.read(tx);
  if (policies.none) return;
  const wanting = altered.flatMap(({ id: tag }) => {
    const { keys } = policies.of(tag);
    return keys.length === 0 ? [] : [{ tag, keys }];
  });
  if (wanting.length === 0) return;
  const tags = wanting.map((one) => one.tag);
  // A second look in one change is at other tags, of which the first has said nothing.
  const builds =
    since >= change || (await structureChanged(tx, since))
      ? await allOf(tx, tags, change)
      : await newOf(tx, tags, change, since);
  const wants = new Map<string, Want>();
  for (const { tag, keys } of wanting)
    for (const build of builds.get(tag) ?? [])
      for (const { key, form, arches } of keys)
        if (key !== null) {
          const before = wants.get(`${build} ${key}`);
          // A tag that wants all architectures has the say before one that wants some of them.
          if (before === undefined || before.arches !== null)
            wants.set(`${build} ${key}`, { build, key, tag, form, arches: joined(before?.arches, arches) });
        }
  await want(tx, [...wants.values()], actor);
}

function joined(
  a: readonly string[] | null | undefined,
  b: readonly string[] | null,
): readonly string[] | null {
  return a == null || b === null ? b : [...new Set([...a, ...b])];
}

/** Writes down what is wanted; single updates get their tasks. @returns how much is new */
export async function want(tx: Tx, wants: readonly Want[], actor: string, hurry = false): Promise<number> {
  if (wants.length === 0) return 0;
  return await follow(tx, await insertWants(tx, wants), actor, hurry);
}

/** What follows of pairs that wait since now. */
export async function follow(
  tx: Tx,
  fresh: readonly FreshPair[],
  actor: string,
  hurry = false,
): Promise<number> {
  const byBuild = Map.groupBy(fresh, (one) => one.build);
  for (const [build, pairs] of byBuild)
    tell(tx, {
      type: 'build.needsign',
      subject: `build:${build}`,
      actor,
      build,
      data: { nvr: pairs[0]?.nvr, rpms: pairs.length },
    });
  for (const pairs of byBuild.values()) {
    const single = byBuild.size <= singleBuilds && (hurry || (pairs[0]?.priority ?? 0) < backgroundBuilds);
    if (single)
      await makeTasks(
        tx,
        pairs.filter((one) => one.state === 'waiting'),
        actor,
      );
  }
  hint(tx, 'signings');
  return fresh.length;
}

async function makeTasks(tx: Tx, pairs: readonly FreshPair[], actor: string): Promise<void> {
  for (const [id, list] of Map.groupBy(pairs, (one) => one.key)) {
    const key = await findKey(tx, { id });
    if (key === undefined || key.offline) continue;
    for (const portion of portions(list)) {
      const [first] = portion;
      if (first === undefined) continue;
      const about = { label: first.nvr, owner: first.owner, priority: singlePriority };
      const task = await signTask(tx, key, about, actor, `build:${first.build}`);
      await assignPairs(
        tx,
        id,
        portion.map((one) => one.rpm),
        task,
      );
    }
  }
}

/** All that tags show. */
async function allOf(tx: Tx, tags: readonly number[], change: number): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  for (const id of tags)
    found.set(
      id,
      (await contentAt(tx, { id }, change)).map((one) => one.build),
    );
  return found;
}

/** What was tagged since where these tags see it, whether something hides it or not, and what is hidden no more. */
async function newOf(
  tx: Tx,
  tags: readonly number[],
  change: number,
  since: number,
): Promise<Map<number, number[]>> {
  const tagged = await taggedSince(tx, since);
  const uncovered = await uncoveredSince(tx, since);
  const found = new Map<number, number[]>(tags.map((tag) => [tag, []]));
  if (tagged.length > 0) {
    const reach = await inheritanceOf(tx);
    for (const [tag, list] of found) {
      const seen = reach(tag);
      list.push(...tagged.filter((one) => seen.has(one.tag)).map((one) => one.build));
    }
  }
  if (uncovered.length > 0)
    for (const [id, list] of found)
      list.push(...(await contentOf(tx, { id }, change, uncovered)).map((one) => one.build));
  return found;
}
