/**
 * When a tag's repository gets a new revision.
 *
 * Invariant: no change is skipped and none is published twice over: a change that comes while the tag's publish task
 * still waits is taken up by that task; one that comes while it runs gets a task behind it. Revisions of a tag are made
 * one after the other, so their numbers follow their content.
 */

import { Problem } from '@moromi/contract';
import { publishPriority } from '../builds/index.ts';
import { rootArches, settingsOf, type TagFacts, tagsById } from '../catalog/index.ts';
import { firstSnapshots } from '../externals/index.ts';
import { type Ledger, log, type Tx, tell } from '../ledger/index.ts';
import { amendRequest, blockersOf, blockMore, createTask, findTask } from '../tasks/index.ts';
import { findRepo, linkBuild, restorable, setRepo, stalledRepos } from './queries.ts';

export interface PublishRequest {
  tag: number;
  /** The catalogue change that the revision shows. */
  change: number;
  /** One that is shipped; the tag's build repository where it is not said. */
  repo?: number;
  /** The revision whose content is to be given again. */
  restore?: number;
  /** The newest revision when the task begins, made anew; `change` counts where there is none yet. */
  anew?: true;
}

export async function requestRevision(
  tx: Tx,
  tag: TagFacts,
  change: number,
  build: number | null,
  actor: string,
): Promise<void> {
  if (rootArches(await settingsOf(tx, tag, change)).length === 0) return;
  const first = ((await findRepo(tx, tag.id))?.revision ?? null) === null;
  const waits = await firstSnapshots(tx, tag, change, first, actor);
  const task = await publishTask(tx, tag, change, actor, first ? waits : []);
  await setRepo(tx, tag.id, change, task);
  if (build === null) return;
  await linkBuild(tx, build, task);
  tell(tx, {
    type: 'build.publishing',
    subject: `build:${build}`,
    actor,
    build,
    data: { tag: tag.name, task },
  });
}

/** @param waits tasks that bring what the tag's first revision cannot do without */
async function publishTask(
  tx: Tx,
  tag: TagFacts,
  change: number,
  actor: string,
  waits: readonly number[],
): Promise<number> {
  const repo = await findRepo(tx, tag.id, true);
  // Who asks may have read the newest change before somebody else has asked for a newer one.
  const request: PublishRequest = { tag: tag.id, change: Math.max(change, repo?.wanted ?? 0) };
  const task = await publishOnce(tx, request, repo?.task, tag.name, actor, `tag:${tag.name}`);
  await blockMore(tx, task, waits);
  return task;
}

/**
 * The task that makes the next revision: the one that still waits, or a new one behind the last.
 * @param last the newest publish task of the repository
 */
export async function publishOnce(
  tx: Tx,
  request: PublishRequest,
  last: number | undefined,
  label: string,
  actor: string,
  cause: string,
): Promise<number> {
  // What gives an older revision again, or the last one anew, is a revision of its own.
  const own = request.restore !== undefined || request.anew === true;
  const alone = own || (last !== undefined && (await isRestore(tx, last)));
  if (last !== undefined && !alone && (await amendRequest(tx, last, request))) return last;
  return await createTask(
    tx,
    {
      kind: 'publish',
      label,
      arch: null,
      owner: actor,
      priority: publishPriority,
      build: null,
      parent: null,
      request,
      // Also what blocks that task: if it was canceled, the one before it may still run.
      blockedBy: last === undefined ? [] : [last, ...(await blockersOf(tx, last))],
    },
    actor,
    cause,
  );
}

async function isRestore(tx: Tx, task: number): Promise<boolean> {
  return ((await findTask(tx, task))?.request as PublishRequest | undefined)?.restore !== undefined;
}

/** Asks for the content of an older revision of a tag's repository under a new number. @returns the task */
export async function requestRestore(tx: Tx, tag: TagFacts, number: number, actor: string): Promise<number> {
  const repo = await findRepo(tx, tag.id, true);
  const restore = repo === undefined ? undefined : await restorable(tx, repo.id, number);
  if (repo === undefined || restore === undefined)
    throw new Problem('unknown_revision', `there is no revision ${number} of ${tag.name}`);
  const request: PublishRequest = { tag: tag.id, change: repo.wanted, restore };
  const task = await publishOnce(tx, request, repo.task, tag.name, actor, `tag:${tag.name}`);
  await setRepo(tx, tag.id, repo.wanted, task);
  return task;
}

/** Asks again for revisions whose task failed: the cause may be gone, and nobody else would ask. */
export async function retryStalled(ledger: Ledger): Promise<void> {
  for (const { tag, wanted } of await stalledRepos(ledger.read)) {
    await ledger.tx('repos.retry', async (tx) => {
      const facts = (await tagsById(tx, [tag])).get(tag);
      if (facts === undefined) return;
      log('info', 'a repository could not be made; it is tried again', { tag: facts.name });
      await requestRevision(tx, facts, wanted, null, 'hub');
    });
  }
}
