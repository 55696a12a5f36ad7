/**
 * Tasks of kind `publish`: the metadata of a tag's next revision, and the one pointer that moves.
 */
import type { PublishResult } from '@moromi/contract';
import type { BlobStore } from '../blobs/index.ts';
import { type TagFacts, tagsById } from '../catalog/index.ts';
import { hint, type Ledger, type Reader, tell } from '../ledger/index.ts';
import { type End, type Kind, Refusal, type TaskFacts } from '../tasks/index.ts';
import { revisionContent } from './content.ts';
import { inspectRevision } from './inspect.ts';
import { buildsOfPublish, findRepo, insertRevision, nextNumber } from './queries.ts';
import type { PublishRequest } from './request.ts';

export function publishKind(ledger: Ledger, store: BlobStore): Kind {
  return {
    order: async (tx, task) => {
      const { tag, change } = await wanted(tx, task);
      const content = await revisionContent(tx, tag, change);
      const arches = content.map(({ arch, packages }) => ({
        arch,
        packages: packages.map(({ name, sha256, size }) => ({ name, sha256, size })),
      }));
      return { publish: { tag: tag.name, revision: await nextNumber(tx, tag.id), arches } };
    },
    // The repository before the task, as those lock who ask for a revision.
    lock: async (tx, task) => {
      await findRepo(tx, (task.request as PublishRequest).tag, true);
    },
    inspect: async (task, completion) => {
      if (completion.published === undefined)
        throw new Refusal('no_metadata', 'the result names no metadata', 'infrastructure');
      const { tag, change } = await wanted(ledger.read, task);
      await inspectRevision(
        ledger.read,
        store,
        await revisionContent(ledger.read, tag, change),
        completion.published,
      );
      return completion.published;
    },
    ended: async (tx, task, end) => {
      const { tag, change } = await wanted(tx, task);
      const builds = await buildsOfPublish(tx, task.id);
      if (end.state !== 'done') {
        for (const build of builds)
          tell(tx, {
            type: 'build.publish-failed',
            subject: `build:${build}`,
            actor: end.actor,
            cause: `task:${task.id}`,
            build,
            data: { tag: tag.name, task: task.id, failure: end.failure },
          });
        return;
      }
      const number = await keepRevision(tx, tag, change, task, end);
      tell(tx, {
        type: 'repo.revision',
        subject: `repo:${tag.name}`,
        actor: end.actor,
        cause: `task:${task.id}`,
        data: { tag: tag.name, number, change },
      });
      for (const build of builds)
        tell(tx, {
          type: 'build.published',
          subject: `build:${build}`,
          actor: end.actor,
          cause: `task:${task.id}`,
          build,
          data: { tag: tag.name, number, task: task.id },
        });
      hint(tx, 'repos');
    },
  };
}

async function keepRevision(
  tx: Parameters<Kind['ended']>[0],
  tag: TagFacts,
  change: number,
  task: TaskFacts,
  end: End,
): Promise<number> {
  // Locked, so that numbers are given one after the other.
  await findRepo(tx, tag.id, true);
  const published = end.inspected as PublishResult;
  const content = await revisionContent(tx, tag, change);
  const number = await nextNumber(tx, tag.id);
  const arches = content.map(({ arch, packages }) => ({
    arch,
    rpms: packages.map((one) => one.id),
    files: published.arches.find((one) => one.arch === arch)?.files ?? [],
  }));
  await insertRevision(tx, { tag: tag.id, number, change, task: task.id, arches });
  return number;
}

async function wanted(reader: Reader, task: TaskFacts): Promise<{ tag: TagFacts; change: number }> {
  const request = task.request as PublishRequest;
  const tag = (await tagsById(reader, [request.tag])).get(request.tag);
  if (tag === undefined) throw new Error(`task ${task.id} is for a tag that is not there`);
  return { tag, change: request.change };
}
