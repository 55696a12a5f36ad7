/**
 * Repositories that are shipped, and when they get a new revision.
 *
 * Invariant: as with build repositories no change is skipped and none is published twice over; and what has changed
 * beside the catalogue is written down (`repo_touched`) with what changed it, until a revision has taken it up.
 */
import { type DistDefinition, type DistEdit, type NewDistRepo, Problem } from '@moromi/contract';
import {
  contentOf,
  newestChange,
  newestOf,
  requireTag,
  type TagFacts,
  tagsById,
} from '../../catalog/index.ts';
import { hint, type Ledger, type Reader, type Tx, tell } from '../../ledger/index.ts';
import { restorable } from '../queries.ts';
import { type PublishRequest, publishOnce } from '../request.ts';
import {
  automaticDists,
  copiesByRevoked,
  type DistFacts,
  distsWithKey,
  findDist,
  insertDist,
  nextRepoId,
  stillDists,
  touch,
  touchedDists,
  touchedPackages,
  untouch,
  updateDefinition,
  wantChange,
} from './queries.ts';
import { checkRecords } from './records.ts';

const usual: Omit<DistDefinition, 'arches'> = {
  keys: [],
  unsigned: 'wait',
  repoKey: null,
  layout: 'hashed',
  compression: 'gzip',
  debug: true,
  source: true,
  multilib: {},
  include: [],
  exclude: [],
  records: [],
  automatic: true,
};

export async function addDist(tx: Tx, actor: string, wanted: NewDistRepo): Promise<DistFacts> {
  const tag = await requireTag(tx, wanted.tag);
  if ((await findDist(tx, { name: wanted.name })) !== undefined)
    throw new Problem('repo_exists', `there is a repository ${wanted.name} already`);
  const definition = checked({ ...usual, ...wanted.definition });
  const id = await nextRepoId(tx);
  const change = await newestChange(tx);
  const request: PublishRequest = { tag: tag.id, change, repo: id };
  const task = await publishOnce(tx, request, undefined, wanted.name, actor, `repo:${wanted.name}`);
  await insertDist(tx, { id, name: wanted.name, tag: tag.id, definition, wanted: change, task });
  tell(tx, {
    type: 'repo.added',
    subject: `repo:${wanted.name}`,
    actor,
    data: { tag: tag.name, definition },
  });
  return await requireDist(tx, wanted.name);
}

export async function requireDist(tx: Reader, name: string, lock = false): Promise<DistFacts> {
  const found = await findDist(tx, { name }, lock);
  if (found === undefined)
    throw new Problem('unknown_repo', `there is no repository ${name} that is shipped`);
  return found;
}

/** Changes the definition, which asks for a new revision. */
export async function editDist(
  tx: Tx,
  actor: string,
  name: string,
  edit: DistEdit['definition'],
): Promise<DistFacts> {
  const repo = await requireDist(tx, name, true);
  const definition = checked({ ...repo.definition, ...edit });
  await updateDefinition(tx, repo.id, definition);
  tell(tx, { type: 'repo.edited', subject: `repo:${name}`, actor, data: { definition } });
  await requestDist(tx, repo, await newestChange(tx), actor);
  return await requireDist(tx, name);
}

function checked(definition: DistDefinition): DistDefinition {
  const { arches, multilib } = definition;
  const twice = arches.find((arch, at) => arches.indexOf(arch) !== at);
  if (twice !== undefined) throw new Problem('bad_request', `the architecture ${twice} stands there twice`);
  const foreign = Object.keys(multilib).find((arch) => !arches.includes(arch));
  if (foreign !== undefined)
    throw new Problem(
      'bad_request',
      `packages are to stand beside those of ${foreign}, which the repository does not have`,
    );
  const itself = Object.keys(multilib).find((arch) => multilib[arch]?.arch === arch);
  if (itself !== undefined)
    throw new Problem('bad_request', `packages of ${itself} stand beside those of ${itself} already`);
  checkRecords(definition);
  return definition;
}

/**
 * Asks for a revision that shows a change; where the tag was removed, what it held last.
 * @returns the task that makes it
 */
export async function requestDist(
  tx: Tx,
  repo: Pick<DistFacts, 'id' | 'name' | 'tag' | 'task'>,
  change: number,
  actor: string,
): Promise<number> {
  const locked = await findDist(tx, { id: repo.id }, true);
  if (locked === undefined) throw new Error(`there is no repository ${repo.id}`);
  const last = Math.min(change, await newestOf(tx, repo.tag));
  const request: PublishRequest = { tag: repo.tag, change: Math.max(last, locked.wanted), repo: repo.id };
  const task = await publishOnce(tx, request, locked.task, repo.name, actor, `repo:${repo.name}`);
  await wantChange(tx, repo.id, request.change, task);
  return task;
}

/**
 * Asks for the content of an older revision under a new number. The repository follows its tag no more until somebody
 * says so, because the next change would bring back what was gone back from.
 * @returns the task
 */
export async function restoreDist(tx: Tx, repo: DistFacts, number: number, actor: string): Promise<number> {
  const restore = await restorable(tx, repo.id, number);
  if (restore === undefined)
    throw new Problem('unknown_revision', `there is no revision ${number} of ${repo.name}`);
  const revoked = await copiesByRevoked(tx, restore);
  if (revoked !== undefined)
    throw new Problem(
      'key_revoked',
      `revision ${number} of ${repo.name} has packages that were signed by ${revoked}, which was revoked`,
    );
  await updateDefinition(tx, repo.id, { ...repo.definition, automatic: false });
  tell(tx, {
    type: 'repo.restoring',
    subject: `repo:${repo.name}`,
    actor,
    data: { number, automatic: false },
  });
  const request: PublishRequest = { tag: repo.tag, change: repo.wanted, repo: repo.id, restore };
  const task = await publishOnce(tx, request, repo.task, repo.name, actor, `repo:${repo.name}`);
  await wantChange(tx, repo.id, repo.wanted, task);
  return task;
}

/** Tags have other content: the repositories that follow them get a new revision each. */
export async function followTags(
  tx: Tx,
  tags: readonly Pick<TagFacts, 'id'>[],
  change: number,
  actor: string,
): Promise<void> {
  const repos = await automaticDists(
    tx,
    tags.map((tag) => tag.id),
  );
  for (const repo of repos) await requestDist(tx, repo, change, actor);
}

/** Takes up what has changed beside the catalogue, gathered: ten signatures in a second make one revision. */
export async function followTouched(ledger: Ledger): Promise<void> {
  for (const id of await touchedDists(ledger.read))
    await ledger.tx('repos.follow', async (tx) => {
      const repo = await findDist(tx, { id }, true);
      if (repo === undefined) return;
      const { ids, packages } = await touchedPackages(tx, id);
      const tag = (await tagsById(tx, [repo.tag])).get(repo.tag);
      const change = await newestOf(tx, repo.tag);
      // Of what the tag does not show nothing stands there, and nothing comes.
      const unseen = async (facts: TagFacts): Promise<boolean> =>
        packages.length > 0 && (await contentOf(tx, facts, change, packages)).length === 0;
      if (tag === undefined || (await unseen(tag))) {
        await untouch(tx, ids);
        return;
      }
      await requestDist(tx, repo, change, 'hub');
      hint(tx, 'tasks');
    });
}

/**
 * Repositories that do not follow their tags have what they show made anew, without what a key has signed that is good
 * no more. Whether they ship such copies now does not matter: a revision that does may be on its way.
 */
export async function remakeStill(tx: Tx, key: string, actor: string): Promise<void> {
  for (const { id } of await stillDists(tx, key)) {
    const repo = await findDist(tx, { id }, true);
    if (repo === undefined || repo.definition.automatic) continue;
    const request: PublishRequest = { tag: repo.tag, change: repo.wanted, repo: id, anew: true };
    const task = await publishOnce(tx, request, repo.task, repo.name, actor, `key:${key}`);
    await wantChange(tx, id, repo.wanted, task);
  }
}

/** A key takes the place of another in all repositories; what the other has signed is shipped until it has signed too. */
export async function replaceKeyInDists(tx: Tx, old: string, fresh: string, actor: string): Promise<void> {
  for (const { name, definition } of await distsWithKey(tx, old)) {
    const keys = definition.keys
      .filter((one) => one !== fresh)
      .flatMap((one) => (one === old ? [fresh, old] : [one]));
    const repoKey = definition.repoKey === old ? fresh : definition.repoKey;
    await editDist(tx, actor, name, { keys, repoKey });
  }
}

/** Copies by a key have come, or are good no more. @param rpms all that the key has signed where not said */
export async function touchSigned(tx: Tx, key: number, rpms?: readonly number[]): Promise<void> {
  if (await touch(tx, key, rpms)) hint(tx, 'touched');
}
