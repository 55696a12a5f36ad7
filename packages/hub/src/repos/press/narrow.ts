/**
 * The advisories of a tree: those of the repository as far as they are about packages that the tree has.
 *
 * Invariant: a function of the record and the tree's packages, so the same set gives the same file by whatever history.
 */
import { gzip, narrowed, readUpdateinfo, type Update, updateinfoRecord, zstd } from '@moromi/repodata';
import type { PackedRun } from './pack-runs.ts';
import { copiesById, membersNamed } from './queries.ts';
import { storeRecord } from './record.ts';
import type { MadeRecord, Workshop } from './workshop.ts';

export async function narrowRecord(
  { reader, store }: Workshop,
  record: MadeRecord,
  runs: readonly PackedRun[],
): Promise<MadeRecord> {
  const updates: Update[] = [];
  for await (const one of readUpdateinfo(await store.open(record.sha256))) updates.push(one);
  const names = new Set(
    updates.flatMap(({ collections }) =>
      collections.flatMap(({ packages }) => packages.map((one) => one.name)),
    ),
  );
  const known = runs.flatMap(({ run }) => run.id ?? []);
  const fresh = await copiesById(
    reader,
    runs.flatMap(({ copies }) => copies),
  );
  const there = new Set(
    [...(await membersNamed(reader, known, [...names])), ...fresh.values()].map((one) => nevra(one)),
  );
  const kept = updates.flatMap((update) => narrowed(update, (one) => there.has(nevra(one))) ?? []);
  const compression = record.name.endsWith('.zst') ? zstd : gzip;
  return await storeRecord(store, updateinfoRecord(kept, compression));
}

interface Nevra {
  name: string;
  epoch: number | null;
  version: string;
  release: string;
  arch: string;
}

/** Advisories may leave out an epoch of 0, and state it where the package states none. */
function nevra({ name, epoch, version, release, arch }: Nevra): string {
  return `${name}-${epoch ?? 0}:${version}-${release}.${arch}`;
}
