/**
 * Members of a repository as its order and its runs see them.
 *
 * Invariant: the order is total over everything that a member says but its size, so that a set of members has exactly
 * one sequence: by name, by version as rpm orders it, by architecture, by package id. Spellings that rpm holds to be the
 * same version (1.0 and 1.00) are told apart after the id, so they never decide before it.
 */
import { compareEvr } from '@moromi/rpm';

/** What a member is found by in a repository's sequence. */
export interface Place {
  readonly name: string;
  /** null orders as 0. */
  readonly epoch: number | null;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  /** The package id: a checksum of the file, hex. */
  readonly id: string;
  /** Hash of what its entries say in all documents, the location too. */
  readonly key: string;
}

export interface Member extends Place {
  /** Bytes of its entries in primary, filelists and other together, unpacked; what else lists it moves no boundary. */
  readonly bytes: number;
}

export function compareMembers(a: Place, b: Place): number {
  return (
    compareText(a.name, b.name) ||
    compareEvr(a, b) ||
    compareText(a.arch, b.arch) ||
    compareText(a.id, b.id) ||
    compareText(a.version, b.version) ||
    compareText(a.release, b.release) ||
    compareText(a.key, b.key)
  );
}

/** By code units, the same in every locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * A number of 32 bits that depends on name and architecture alone, so an update of a package leaves it as it was:
 * FNV-1a over the code units of `name.arch`, its bits mixed by the last steps of MurmurHash3.
 */
export function boundaryHash({ name, arch }: Pick<Place, 'name' | 'arch'>): number {
  let hash = 0x811c9dc5;
  const text = `${name}.${arch}`;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
