/**
 * What a repository revision of a tag holds.
 *
 * Invariant: it is a function of the tag and the catalogue change alone; read again at any time it is the same.
 */
import { contentAt, rootArches, settingsOf, type TagFacts } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import { type Member, members } from './queries.ts';

export interface ArchContent {
  arch: string;
  packages: Member[];
}

/** One architecture plus noarch, for each architecture of the tag. */
export async function revisionContent(reader: Reader, tag: TagFacts, change: number): Promise<ArchContent[]> {
  const arches = rootArches(await settingsOf(reader, tag, change));
  const builds = (await contentAt(reader, tag, change)).map((one) => one.build);
  const all = builds.length === 0 ? [] : await members(reader, builds);
  return arches.map((arch) => ({
    arch,
    packages: all.filter((one) => one.arch === arch || one.arch === 'noarch'),
  }));
}
