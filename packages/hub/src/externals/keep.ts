/**
 * Writes a snapshot: the packages that are new, and which came and went.
 *
 * Invariant: a snapshot costs what has changed since the one in use. It is written under the next number, which nobody
 * looks at until the pointer is moved to it; what an attempt that came to nothing has left under that number is taken away.
 * The entries of a package never change, so they are written before and belong to nobody until then.
 */
import { createHash } from 'node:crypto';
import { encodeOutside, type OutsidePackage, outsideDigest } from '@moromi/repodata';
import { checkFileName, RpmError } from '@moromi/rpm';
import type { Reader } from '../ledger/index.ts';
import type { LookOrder } from './look-order.ts';
import { ourPath } from './our-path.ts';
import {
  insertCopies,
  insertSnapshot,
  livePackages,
  type NewCopy,
  type NewPackage,
  type NewSnapshot,
} from './package-queries.ts';

/** Packages that are written at once. */
const atOnce = 250;

export interface Kept {
  id: number;
  number: number;
  packages: number;
  added: number;
  removed: number;
}

export async function keepSnapshot(
  reader: Reader,
  { external, name, arch, current }: Pick<LookOrder, 'external' | 'name' | 'arch' | 'current'>,
  facts: Pick<NewSnapshot, 'repomd' | 'revision' | 'mirror' | 'records'>,
  packages: AsyncIterable<OutsidePackage>,
): Promise<Kept> {
  const gone = await livePackages(reader, external, arch, current?.number ?? 0);
  const fresh: NewPackage[] = [];
  let count = 0;
  let batch: (NewCopy & { of: OutsidePackage })[] = [];
  const write = async (): Promise<void> => {
    const copies = await insertCopies(
      reader,
      external,
      batch.map(({ of: _, ...one }) => one),
    );
    for (const { says, of } of batch) {
      const copy = copies.get(says);
      if (copy === undefined) throw new Error(`the copy of ${of.location} was not written`);
      fresh.push({ copy, name: of.name, sourceRpm: of.sourceRpm, source: sourceOf(of.sourceRpm) });
    }
    batch = [];
  };
  for await (const one of packages) {
    count += 1;
    const fileName = ourPath(name, one);
    const digest = outsideDigest(one);
    const says = saysOf(digest, fileName);
    if (gone.delete(says)) continue;
    batch.push({ ...copyOf(one), fileName, digest, says, of: one });
    if (batch.length >= atOnce) await write();
  }
  if (batch.length > 0) await write();
  const snapshot = await insertSnapshot(reader, {
    ...facts,
    external,
    arch,
    after: current?.id ?? null,
    packages: count,
    fresh,
    gone: [...gone.values()],
  });
  return { ...snapshot, packages: count, added: fresh.length, removed: gone.size };
}

/** Names what the entries say, and where they say that the file is. */
function saysOf(digest: string, fileName: string): string {
  return createHash('sha256').update(`outside copy 1\n${digest} ${fileName}\n`).digest('hex');
}

function copyOf(one: OutsidePackage): Omit<NewCopy, 'fileName' | 'digest' | 'says'> {
  const { name, epoch, version, release, arch, pkgid, checksumType, size, location, base } = one;
  const [from, end] = one.locationAt;
  return {
    ...{ name, epoch, version, release, arch, size, location, base, checksumType },
    sha256: pkgid,
    headerStart: one.headerRange?.start ?? 0,
    headerEnd: one.headerRange?.end ?? 0,
    bytes: encodeOutside(one),
    // But for the location, which is about as long here as there.
    plain: one.primary.length - (end - from) + one.filelists.length + one.other.length,
  };
}

/** Null where the name is no source package's. */
function sourceOf(sourceRpm: string | null): string | null {
  if (sourceRpm === null) return null;
  try {
    return checkFileName(sourceRpm).name;
  } catch (error) {
    if (error instanceof RpmError) return null;
    throw error;
  }
}
