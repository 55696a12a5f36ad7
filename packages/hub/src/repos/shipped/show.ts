/** Repositories that are shipped as the API shows them. */
import type { DistRepo, DistRevision } from '@moromi/contract';
import { tagsById } from '../../catalog/index.ts';
import type { Reader } from '../../ledger/index.ts';
import { holdsOf } from '../retention/hold-queries.ts';
import { shownHold } from '../retention/routes.ts';
import { type DistFacts, distRevisions } from './queries.ts';

export async function showDists(
  reader: Reader,
  repos: readonly DistFacts[],
  url: string,
): Promise<DistRepo[]> {
  const tags = await tagsById(
    reader,
    repos.map((repo) => repo.tag),
  );
  return await Promise.all(
    repos.map(async (repo) => {
      const { name, tag, definition, revision, over, task } = repo;
      const [newest] = revision === null ? [] : await showRevisions(reader, repo, url, { id: revision });
      return {
        name,
        tag: tags.get(tag)?.name ?? '',
        definition,
        revision: newest ?? null,
        task: over ? null : task,
        repoFile: `${url}/dist/${name}/${name}.repo`,
      };
    }),
  );
}

export async function showRevisions(
  reader: Reader,
  repo: Pick<DistFacts, 'id' | 'name'>,
  url: string,
  which: { id: number } | { before: number; limit: number },
): Promise<DistRevision[]> {
  const found = await distRevisions(reader, repo.id, which);
  const holds = await holdsOf(
    reader,
    found.map((one) => one.id),
  );
  return found.map(({ id, number, change, createdAt, expiredAt, backTo, unsigned, unsealed, trees }) => ({
    number,
    change,
    createdAt: createdAt.toISOString(),
    expiredAt: expiredAt?.toISOString() ?? null,
    holds: holds.filter((hold) => hold.revision === id).map(shownHold),
    backTo,
    shown: unsealed === 0,
    unsigned,
    trees: trees.map(({ tree, packages }) => ({
      tree,
      packages,
      url: `${url}/dist/${repo.name}/${number}/${tree}/`,
    })),
  }));
}
