/**
 * Tasks of kind `publish`: a repository's next revision, and the one pointer that moves.
 *
 * Invariant: whoever says that the task is done, the hub itself makes the metadata then, from the ledger and the store.
 */
import type { DistDefinition } from '@moromi/contract';
import type { BlobStore } from '../blobs/index.ts';
import { type TagFacts, tagsById } from '../catalog/index.ts';
import { hint, type Ledger, type Reader, tell } from '../ledger/index.ts';
import { type Kind, LookAgain, Refusal, type TaskFacts } from '../tasks/index.ts';
import { keepRevision } from './keep.ts';
import { type Press, PressError } from './press/press.ts';
import type { MadeRevision } from './press/revision.ts';
import { buildsOfPublish, findRepo, latestTrees, nextNumber, timeOfChange } from './queries.ts';
import type { PublishRequest } from './request.ts';
import { restoreTrees } from './restore.ts';
import { copiesByRevoked, type DistFacts, findDist } from './shipped/queries.ts';
import type { Sealer } from './shipped/seal.ts';

export function publishKind(ledger: Ledger, store: BlobStore, press: Press, sealer: Sealer): Kind {
  const made = new Made();
  return {
    order: async () => ({}),
    // The repository before the task, as those lock who ask for a revision.
    lock: async (tx, task) => {
      const request = task.request as PublishRequest;
      if (request.repo === undefined) await findRepo(tx, request.tag, true);
      else await findDist(tx, { id: request.repo }, true);
    },
    inspect: async (task) => {
      const { repo, dist, tag, change, definition } = await wanted(ledger.read, task);
      // Nobody would ever see what cannot be sealed.
      const key = dist?.definition.repoKey ?? null;
      const trouble = key === null ? null : await sealer.trouble(ledger.read, key);
      if (trouble !== null) throw new Refusal(trouble.code, trouble.message);
      const number = await nextNumber(ledger.read, repo);
      const timestamp = await timeOfChange(ledger.read, change);
      const { restore } = task.request as PublishRequest;
      if (restore !== undefined) {
        const revoked = await copiesByRevoked(ledger.read, restore);
        if (revoked !== undefined)
          throw new Refusal(
            'key_revoked',
            `that revision has packages signed by ${revoked}, which was revoked`,
          );
        const trees = await restoreTrees(ledger.read, store, restore, number, timestamp);
        return made.add(number, { trees, definition: null, unsigned: [], looked: [], touched: [] });
      }
      const revision = await compose(press, { repo, tag: tag.id, definition, change, number, timestamp });
      const [first] = revision.unsigned;
      if (dist !== undefined && definition?.unsigned === 'refuse' && first !== undefined)
        throw new Refusal(
          'unsigned_packages',
          `${revision.unsigned.length} builds are not signed whole, ${first.nvr} among them (${first.first}); sign them, or say what becomes of them: moromi dist-repo ${tag.name} --name ${dist.name} --unsigned`,
        );
      return made.add(number, revision);
    },
    ended: async (tx, task, end) => {
      const { repo, dist, tag, change } = await wanted(tx, task);
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
      const { restore: restored } = task.request as PublishRequest;
      if (restored !== undefined && (await copiesByRevoked(tx, restored)) !== undefined)
        throw new LookAgain();
      const kept = { repo, dist, tag, change, task: task.id, made: made.take(end.inspected), restored };
      const { number, shown } = await keepRevision(tx, kept, sealer, end.actor);
      const name = dist?.name ?? tag.name;
      tell(tx, {
        type: shown ? 'repo.revision' : 'repo.made',
        subject: `repo:${name}`,
        actor: end.actor,
        cause: `task:${task.id}`,
        data: { ...(dist === undefined ? { tag: tag.name } : { repo: name }), number, change },
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

/** What the press could not do is nobody's fault but the machine's. */
async function compose(press: Press, order: Parameters<Press['compose']>[0]): Promise<MadeRevision> {
  try {
    return await press.compose(order);
  } catch (error) {
    if (!(error instanceof PressError)) throw error;
    const why = `the revision could not be made: ${error.message}`;
    // That an external repository is away is nothing that this machine could do better the next time.
    const fault = error.code === 'external_pending' ? 'package' : 'infrastructure';
    throw new Refusal(error.code ?? 'press_failed', why, fault);
  }
}

interface Wanted {
  repo: number;
  /** Undefined for a build repository. */
  dist: DistFacts | undefined;
  tag: TagFacts;
  change: number;
  /** Null for a build repository. */
  definition: DistDefinition | null;
}

async function wanted(reader: Reader, task: TaskFacts): Promise<Wanted> {
  const request = task.request as PublishRequest;
  const tag = (await tagsById(reader, [request.tag])).get(request.tag);
  const dist = request.repo === undefined ? undefined : await findDist(reader, { id: request.repo });
  const repo = dist?.id ?? (await findRepo(reader, request.tag))?.id;
  if (tag === undefined || repo === undefined)
    throw new Error(`task ${task.id} is for a repository that is not there`);
  const said = { change: request.change, definition: dist?.definition ?? null };
  return { repo, dist, tag, ...said, ...(request.anew === true ? await asBefore(reader, repo) : {}) };
}

/** How the newest revision was made, for one that is to be like it. */
async function asBefore(
  reader: Reader,
  repo: number,
): Promise<Pick<Wanted, 'change' | 'definition'> | undefined> {
  const before = await latestTrees(reader, repo);
  return before && { change: before.change, definition: before.definition as DistDefinition };
}

/** What a task's result says of a revision; the rest is too much to be kept there. */
interface Summary {
  number: number;
  trees: { tree: string; packages: number }[];
}

/** As many are composed at one time, and some more. */
const mostMade = 16;

/** Revisions between their making and the transaction that keeps them, which may run twice. */
class Made {
  readonly #made = new Map<Summary, MadeRevision>();

  add(number: number, revision: MadeRevision): Summary {
    const trees = revision.trees.map(({ tree, packages }) => ({ tree, packages }));
    const summary = { number, trees };
    this.#made.set(summary, revision);
    const [oldest] = this.#made.keys();
    if (oldest !== undefined && this.#made.size > mostMade) this.#made.delete(oldest);
    return summary;
  }

  take(summary: unknown): MadeRevision {
    const revision = this.#made.get(summary as Summary);
    if (revision === undefined) throw new Error('the revision is not here any more');
    return revision;
  }
}
