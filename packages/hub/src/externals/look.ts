/**
 * Looks at an external repository: whether it is as it was, and else what it has now.
 *
 * Invariant: a snapshot is of one repomd.xml, and every part of it was held against that. A mirror that is away, late or
 * wrong is passed over for the next. A repository that is replaced while it is read is begun anew, twice at most.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readOutside } from '@moromi/repodata';
import { type BlobStore, insertBlob } from '../blobs/index.ts';
import type { Reader } from '../ledger/index.ts';
import { type Kept, keepSnapshot } from './keep.ts';
import type { LookOrder } from './look-order.ts';
import type { Mirrors } from './mirrors.ts';
import { fetchParts } from './parts.ts';
import type { KnownRoot, SnapshotRecord } from './queries.ts';
import { nameOf } from './remote.ts';
import { mirrorsOf, type Root, readRoot } from './root-file.ts';
import { asTrouble, Trouble } from './trouble.ts';

export interface Found {
  /** Null where it is as it was. */
  snapshot: Kept | null;
  /** The best first; without passwords, since results of tasks are shown. */
  mirrors: string[];
  known: KnownRoot | null;
}

export interface Place {
  reader: Reader;
  store: BlobStore;
  /** For what is fetched, while it is read. */
  folder: string;
}

const tries = 3;
const mostMirrors = 8;
const timeoutMs = 30 * 60_000;
/** Of one document, unpacked. */
const limits = { unpacked: 8 * 2 ** 30, packages: 2 ** 20 };

/** Throws Trouble. */
export async function look(place: Place, order: LookOrder): Promise<Found> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const mirrors = await mirrorsOf(order.definition, order.arch, signal);
    return await lookAtMirrors(place, order, mirrors, signal);
  } catch (error) {
    if (signal.aborted)
      throw new Trouble('repo_unreachable', `It cannot be read in ${timeoutMs / 60_000} minutes.`);
    throw asTrouble(error);
  }
}

async function lookAtMirrors(
  place: Place,
  order: LookOrder,
  mirrors: Mirrors,
  signal: AbortSignal,
): Promise<Found> {
  let worst: Trouble | undefined;
  for (const base of mirrors.bases.slice(0, mostMirrors)) {
    try {
      const found = await lookAt(place, order, base, mirrors.wanted, signal);
      const all = [base, ...mirrors.bases.filter((one) => one !== base)];
      return { ...found, mirrors: all.map((one) => nameOf(new URL(one))) };
    } catch (error) {
      if (signal.aborted) throw error;
      const trouble = asTrouble(error);
      // That one gives something wrong says more than that another is away.
      if (worst === undefined || worst.code === 'repo_unreachable') worst = trouble;
    }
  }
  throw worst ?? new Trouble('repo_no_mirrors', 'Nobody says where it is.');
}

async function lookAt(
  place: Place,
  order: LookOrder,
  base: string,
  wanted: Mirrors['wanted'],
  signal: AbortSignal,
): Promise<Omit<Found, 'mirrors'>> {
  const { definition, current } = order;
  let before: string | undefined;
  for (let round = 1; ; round++) {
    const root = await readRoot(base, definition, wanted, round === 1 ? order.known : null, signal);
    if (root === undefined) return { snapshot: null, known: order.known };
    const { known } = root;
    if (known.repomd === current?.repomd) return { snapshot: null, known };
    const folder = await mkdtemp(join(place.folder, 'look-'));
    try {
      return { snapshot: await read(place, order, base, root, folder, signal), known };
    } catch (error) {
      // Read again: if repomd.xml is another by then, it was replaced under us.
      if (signal.aborted || round >= tries || before === known.repomd) throw error;
      before = known.repomd;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function read(
  { reader, store }: Place,
  order: LookOrder,
  base: string,
  root: Root,
  folder: string,
  signal: AbortSignal,
): Promise<Kept> {
  const { revision, files, records } = await fetchParts(base, root.bytes, folder, signal);
  const kept: SnapshotRecord[] = [];
  for (const { type, bytes } of [...records, { type: 'repomd', bytes: root.bytes }]) {
    const blob = await store.put(bytes);
    await insertBlob(reader, blob.sha256, blob.size);
    kept.push({ type, ...blob });
  }
  const packages = readOutside(
    {
      primary: createReadStream(files.primary, { signal }),
      filelists: createReadStream(files.filelists, { signal }),
      other: createReadStream(files.other, { signal }),
    },
    limits,
  );
  const facts = {
    repomd: root.known.repomd,
    revision: revision.slice(0, 200),
    mirror: nameOf(new URL(base)),
    records: kept,
  };
  return await keepSnapshot(reader, order, facts, packages);
}
