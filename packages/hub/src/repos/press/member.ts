/**
 * Copies as members of a repository.
 *
 * Invariant: what a member's entries say is a function of its fragment, its file and the layout, and `key` names it.
 */
import { createHash } from 'node:crypto';
import type { Member, Placement } from '@moromi/repodata';
import type { CopyFacts } from './queries.ts';

/** Where packages lie: all in `Packages/`, or in `Packages/<initial>/`. */
export type Layout = 'plain' | 'hashed';

export interface CopyMember extends Member {
  readonly copy: CopyFacts;
}

export function memberOf(copy: CopyFacts, layout: Layout): CopyMember {
  const { name, epoch, version, release, arch, sha256: id, plain: bytes } = copy;
  if (copy.says === null) throw new Error(`nothing is known yet of what ${copy.fileName} says`);
  return { name, epoch, version, release, arch, id, bytes, key: `${copy.says}/${layout}`, copy };
}

/** The address of a package in its repository; the initial as Fedora has it, in lower case. Others' have one of their own. */
export function locationOf({ name, fileName }: Pick<CopyFacts, 'name' | 'fileName'>, layout: Layout): string {
  if (fileName.startsWith('external/')) return fileName;
  return layout === 'plain'
    ? `Packages/${fileName}`
    : `Packages/${(name[0] ?? '_').toLowerCase()}/${fileName}`;
}

export function placementOf(copy: CopyFacts, layout: Layout): Placement {
  return {
    sha256: copy.sha256,
    size: copy.size,
    headerRange: { start: copy.headerStart, end: copy.headerEnd },
    fileTime: copy.fileTime,
    location: locationOf(copy, layout),
  };
}

/** Names what the entries of a copy say, but for their address. */
export function saysOf(
  digest: string,
  copy: Pick<CopyFacts, 'sha256' | 'size' | 'headerStart' | 'headerEnd'>,
  fileTime: number,
): string {
  const { sha256, size, headerStart, headerEnd } = copy;
  return createHash('sha256')
    .update(`copy 1\n${digest} ${sha256} ${size} ${headerStart} ${headerEnd} ${fileTime}\n`)
    .digest('hex');
}
