/**
 * When an external repository is looked at.
 *
 * Invariant: of each architecture of one there is one task at a time that looks; what asks meanwhile waits for that.
 */
import type { ExternalDefinition } from '@moromi/contract';
import { publishPriority } from '../builds/index.ts';
import { rootArches, settingsOf, type TagFacts } from '../catalog/index.ts';
import type { Ledger, Tx } from '../ledger/index.ts';
import { createTask } from '../tasks/index.ts';
import { type Attached, archFor, attachedTo } from './attached.ts';
import {
  archesOf,
  dueArches,
  type ExternalFacts,
  externalOfSetting,
  externalsById,
  insertArch,
  lockArch,
  setDue,
  setTask,
  tagsNaming,
} from './queries.ts';

export interface ExternalRequest {
  external: number;
  arch: string;
}

/** @returns the task that looks at it, which may have been there */
export async function askToLook(
  tx: Tx,
  { id, name }: ExternalFacts,
  arch: string,
  actor: string,
): Promise<number> {
  await insertArch(tx, id, arch);
  const facts = await lockArch(tx, id, arch);
  if (facts?.open === true && facts.task !== null) return facts.task;
  const request: ExternalRequest = { external: id, arch };
  const task = await createTask(
    tx,
    {
      kind: 'external',
      label: arch === '' ? name : `${name}/${arch}`,
      arch: null,
      owner: actor,
      priority: publishPriority,
      build: null,
      parent: null,
      request,
    },
    actor,
    `external:${name}`,
  );
  await setTask(tx, id, arch, task);
  return task;
}

/** What of an external repository a tag's trees want. */
export function archesWanted({ arches, definition }: Attached, trees: readonly string[]): string[] {
  const wanted = trees.filter((tree) => arches === null || arches.includes(tree));
  return [...new Set(wanted.map((tree) => archFor(definition, tree)))];
}

/**
 * Begins to look after what a tag merges, where nobody does yet.
 * @param first the tag has no revision yet: what ails one of them is looked at anew
 * @returns tasks that bring the first snapshot of one, without which the tag has no sound first revision
 */
export async function firstSnapshots(
  tx: Tx,
  tag: TagFacts,
  change: number,
  first: boolean,
  actor: string,
): Promise<number[]> {
  const attached = await attachedTo(tx, tag, change);
  if (attached.length === 0) return [];
  const trees = rootArches(await settingsOf(tx, tag, change));
  const tasks: number[] = [];
  for (const one of attached) {
    const external = one.external ?? (await externalOfSetting(tx, one.name, one.definition, actor));
    const known = new Map((await archesOf(tx, [external.id])).map((facts) => [facts.arch, facts]));
    for (const arch of archesWanted(one, trees)) {
      const facts = known.get(arch);
      if (facts === undefined || (first && facts.snapshot === null))
        tasks.push(await askToLook(tx, external, arch, actor));
    }
  }
  return tasks;
}

const mostSeconds = 3600;

/** Seconds until the next look; null: when somebody asks for it. */
export function usualPause({ refreshMinutes }: ExternalDefinition): number | null {
  return refreshMinutes === 0 ? null : refreshMinutes * 60;
}

/**
 * After trouble: soon, then less and less, and never later than without.
 * @param failures how often in a row before; of one that was never read it is tried on and on
 */
export function pauseAfterTrouble(definition: ExternalDefinition, failures: number, never: boolean): number {
  const most = never ? 2 : 10;
  return Math.min(usualPause(definition) ?? mostSeconds, mostSeconds, 60 * 2 ** Math.min(failures, most));
}

/** Makes tasks for what it is time to look at, as long as a tag names it. */
export async function lookAgain(ledger: Ledger): Promise<void> {
  for (const { external: id, arch } of await dueArches(ledger.read, 50)) {
    const external = (await externalsById(ledger.read, [id])).get(id);
    if (external === undefined) continue;
    const named = (await tagsNaming(ledger.read, external)).length > 0;
    await ledger.tx('externals.look-again', async (tx) => {
      if (named) await askToLook(tx, external, arch, 'hub');
      // Whoever names it again asks for it.
      else await setDue(tx, id, arch, null);
    });
  }
}
