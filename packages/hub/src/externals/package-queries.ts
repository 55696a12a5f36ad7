/** SQL of what external repositories have: packages by snapshots, and where their files are. */
import { sql } from 'kysely';
import { type Reader, row, rows } from '../ledger/index.ts';
import type { SnapshotRecord } from './queries.ts';

/** What each copy in a snapshot says, and its number. */
export async function livePackages(
  reader: Reader,
  external: number,
  arch: string,
  number: number,
): Promise<Map<string, number>> {
  const found = await rows(
    reader,
    sql<{ says: string; copy: number }>`
    SELECT c.says, p.copy_id AS copy FROM external_packages p JOIN copies c ON c.id = p.copy_id
     WHERE p.external_id = ${external} AND p.arch = ${arch} AND p.since <= ${number} AND (p.until IS NULL OR p.until > ${number})`,
  );
  return new Map(found.map(({ says, copy }) => [says, copy]));
}

export interface NewCopy {
  name: string;
  epoch: number;
  version: string;
  release: string;
  arch: string;
  fileName: string;
  /** Its id, a checksum of the type that is said. */
  sha256: string;
  checksumType: string;
  size: number;
  headerStart: number;
  headerEnd: number;
  location: string;
  base: string | null;
  says: string;
  plain: number;
  digest: string;
  bytes: Buffer;
}

/** Writes copies with what is said of them, where they are not there. @returns their numbers by what they say */
export async function insertCopies(
  reader: Reader,
  external: number,
  list: readonly NewCopy[],
): Promise<Map<string, number>> {
  const facts = list.map(({ bytes: _, ...one }) => one);
  const made = await rows(
    reader,
    sql<{ says: string; id: number }>`
    WITH said AS (
      SELECT x.*, b.bytes
        FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) AS (
               name text, epoch int, version text, release text, arch text, "fileName" text, sha256 text, "checksumType" text, size bigint,
               "headerStart" bigint, "headerEnd" bigint, location text, base text, says text, plain int, digest text)) WITH ORDINALITY AS x
        JOIN unnest(${list.map((one) => one.bytes)}::bytea[]) WITH ORDINALITY AS b(bytes, place) ON b.place = x.ordinality
    ), written AS (
      INSERT INTO fragments (digest, bytes) SELECT DISTINCT ON (digest) digest, bytes FROM said ORDER BY digest
      ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest RETURNING id, digest
    ), made AS (
      INSERT INTO copies (fragment_id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end, says, plain)
      SELECT w.id, s.name, s.epoch, s.version, s.release, s.arch, s."fileName", s.sha256, s.size, s."headerStart", s."headerEnd", s.says, s.plain
        FROM said s JOIN written w USING (digest) ORDER BY s.says
      ON CONFLICT (says) WHERE rpm_id IS NULL DO UPDATE SET says = excluded.says RETURNING id, says
    ), placed AS (
      INSERT INTO external_copies (copy_id, external_id, location, base, checksum_type)
      SELECT m.id, ${external}, s.location, s.base, s."checksumType" FROM made m JOIN said s USING (says)
      ON CONFLICT (copy_id) DO UPDATE SET location = excluded.location, base = excluded.base
    )
    SELECT id, says FROM made`,
  );
  return new Map(made.map(({ says, id }) => [says, id]));
}

export interface NewPackage {
  copy: number;
  name: string;
  source: string | null;
  sourceRpm: string | null;
}

export interface NewSnapshot {
  external: number;
  arch: string;
  repomd: string;
  revision: string;
  mirror: string;
  records: SnapshotRecord[];
  packages: number;
  /** The snapshot in use, of which the change is told. */
  after: number | null;
  fresh: NewPackage[];
  /** Numbers of copies. */
  gone: number[];
}

export class Overtaken extends Error {}

/** Writes what follows on the snapshot in use. @throws Overtaken where another one is in use by now */
export async function insertSnapshot(
  reader: Reader,
  one: NewSnapshot,
): Promise<{ id: number; number: number }> {
  const { external, arch } = one;
  return await reader.transaction().execute(async (tx) => {
    const current = await row(
      tx,
      sql<{ id: number | null; number: number | null }>`
      SELECT a.snapshot_id AS id, s.number FROM external_arches a LEFT JOIN external_snapshots s ON s.id = a.snapshot_id
       WHERE a.external_id = ${external} AND a.arch = ${arch} FOR UPDATE OF a`,
    );
    if (current === undefined || current.id !== one.after) throw new Overtaken('it was looked at meanwhile');
    const number = (current.number ?? 0) + 1;
    const its = sql`external_id = ${external} AND arch = ${arch}`;
    await sql`DELETE FROM external_packages WHERE ${its} AND since >= ${number}`.execute(tx);
    await sql`UPDATE external_packages SET until = NULL WHERE ${its} AND until >= ${number}`.execute(tx);
    await sql`DELETE FROM external_snapshots WHERE ${its} AND number >= ${number}`.execute(tx);
    await sql`
      INSERT INTO external_packages (external_id, arch, copy_id, name, source, source_rpm, since)
      SELECT ${external}, ${arch}, x.copy, x.name, x.source, x.rpm, ${number}
        FROM unnest(${one.fresh.map((p) => p.copy)}::bigint[], ${one.fresh.map((p) => p.name)}::text[],
                    ${one.fresh.map((p) => p.source)}::text[], ${one.fresh.map((p) => p.sourceRpm)}::text[]) AS x(copy, name, source, rpm)`.execute(
      tx,
    );
    await sql`
      UPDATE external_packages SET until = ${number}
       WHERE ${its} AND copy_id = ANY(${one.gone}::bigint[]) AND until IS NULL`.execute(tx);
    const made = await row(
      tx,
      sql<{ id: number }>`
      INSERT INTO external_snapshots (external_id, arch, number, repomd, revision, mirror, packages, added, removed, records, found_at)
      VALUES (${external}, ${arch}, ${number}, ${one.repomd}, ${one.revision}, ${one.mirror}, ${one.packages}, ${one.fresh.length},
              ${one.gone.length}, ${JSON.stringify(one.records)}::jsonb, ledger_now()) RETURNING id`,
    );
    if (made === undefined) throw new Error('the snapshot was not written');
    return { id: made.id, number };
  });
}
