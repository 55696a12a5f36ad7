/**
 * When a tag's repository gets a new revision.
 *
 * Invariant: no change is skipped and none is published twice over: a change that comes while the tag's publish task
 * still waits is taken up by that task; one that comes while it runs gets a task behind it. Revisions of a tag are made
 * one after the other, so their numbers follow their content.
 */

import { publishPriority } from '../builds/index.ts';
import { rootArches, settingsOf, type TagFacts, tagsById } from '../catalog/index.ts';
import { type Ledger, log, type Tx, tell } from '../ledger/index.ts';
import { amendRequest, blockersOf, createTask } from '../tasks/index.ts';
import { findRepo, linkBuild, setRepo, stalledRepos } from './queries.ts';

export interface PublishRequest {
  tag: number;
  /** The catalogue change that the revision shows. */
  change: number;
}

export async function requestRevision(
  tx: Tx,
  tag: TagFacts,
  change: number,
  build: number | null,
  actor: string,
): Promise<void> {
  if (rootArches(await settingsOf(tx, tag, change)).length === 0) return;
  const task = await publishTask(tx, tag, change, actor);
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

async function publishTask(tx: Tx, tag: TagFacts, change: number, actor: string): Promise<number> {
  const request: PublishRequest = { tag: tag.id, change };
  const repo = await findRepo(tx, tag.id, true);
  if (repo !== undefined && (await amendRequest(tx, repo.task, request))) return repo.task;
  return await createTask(
    tx,
    {
      kind: 'publish',
      label: tag.name,
      arch: null,
      owner: actor,
      priority: publishPriority,
      build: null,
      parent: null,
      request,
      // Also what blocks that task: if it was canceled, the one before it may still run.
      blockedBy: repo === undefined ? [] : [repo.task, ...(await blockersOf(tx, repo.task))],
    },
    actor,
    `tag:${tag.name}`,
  );
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
