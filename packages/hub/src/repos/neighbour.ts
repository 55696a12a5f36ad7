/** What this room does for the room of builds, on its left. */
import type { Repositories } from '../builds/index.ts';
import { changeOf, findRepo, revisionAddress } from './queries.ts';
import { requestRevision } from './request.ts';
import { isGiven } from './retention/queries.ts';
import { followTags } from './shipped/repo.ts';

export function repositoriesFor(url: () => string): Repositories {
  return {
    shows: (tx, revision) => changeOf(tx, revision),
    given: (tx, revision) => isGiven(tx, revision),
    current: async (tx, tag) => (await findRepo(tx, tag.id))?.revision ?? undefined,
    awaited: async (tx, tag) => {
      const repo = await findRepo(tx, tag.id);
      return repo === undefined || repo.over ? [] : [repo.task];
    },
    address: async (tx, revision, arch) => {
      const found = await revisionAddress(tx, revision, arch);
      if (found === undefined) throw new Error(`there is no revision ${revision} for ${arch}`);
      return {
        baseurl: `${url()}/repos/${found.name}/${found.number}/${arch}/`,
        state: `repomd ${found.repomd}`,
        merged: found.merged,
      };
    },
    request: async (tx, tags, change, build, actor) => {
      for (const tag of tags) await requestRevision(tx, tag, change, build, actor);
      await followTags(tx, tags, change, actor);
    },
  };
}
