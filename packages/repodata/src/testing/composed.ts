/** A repository's metadata that we made ourselves, in a folder. */
import { join } from 'node:path';
import type { Entries } from '../compose/document.ts';
import { Folder } from '../compose/folder.ts';
import type { Member } from '../compose/member.ts';
import { composeRepository, type ExtraRecord } from '../compose/repository.ts';

/** @returns the records of its repomd.xml */
export async function composeFolder(
  folder: string,
  packages: Iterable<readonly [Member, Entries]>,
  extra: readonly ExtraRecord[] = [],
): ReturnType<typeof composeRepository> {
  const known = new Map(packages);
  return await composeRepository({
    members: [...known.keys()],
    entriesOf: (member) => known.get(member) ?? Promise.reject(new Error('it has no entries')),
    sink: new Folder(join(folder, 'repodata')),
    revision: '1',
    timestamp: 1,
    extra,
  });
}
