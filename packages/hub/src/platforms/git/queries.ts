/** SQL of where the git catalogue is, and which commit of it is in force. */
import { sql } from 'kysely';
import { type Reader, row, type Tx } from '../../ledger/index.ts';

export interface Trouble {
  code: string;
  message: string;
  commit: string | null;
  since: string;
}

export interface Source {
  url: string;
  branch: string;
  folder: string;
  everyMinutes: number;
  commit: string | null;
  change: number | null;
  appliedAt: Date | null;
  lookedAt: Date | null;
  /** Null: nobody looks but when asked. */
  dueAt: Date | null;
  trouble: Trouble | null;
}

const columns = sql`
  url, branch, folder, every_minutes AS "everyMinutes", commit, change, applied_at AS "appliedAt", looked_at AS "lookedAt",
  CASE WHEN every_minutes = 0 OR commit IS NULL THEN NULL ELSE due_at END AS "dueAt", trouble`;

export async function findSource(tx: Reader): Promise<Source | undefined> {
  return await row(tx, sql<Source>`SELECT ${columns} FROM catalogue_source`);
}

/** A new place; what was taken over from an older one is in force until a commit of this one is. */
export async function putSource(
  tx: Tx,
  { url, branch, folder, everyMinutes }: Pick<Source, 'url' | 'branch' | 'folder' | 'everyMinutes'>,
): Promise<void> {
  await sql`
    INSERT INTO catalogue_source (url, branch, folder, every_minutes, due_at)
    VALUES (${url}, ${branch}, ${folder}, ${everyMinutes}, ledger_now())
    ON CONFLICT (single) DO UPDATE
       SET url = excluded.url, branch = excluded.branch, folder = excluded.folder,
           every_minutes = excluded.every_minutes, due_at = ledger_now(), commit = NULL, trouble = NULL`.execute(
    tx,
  );
}

export async function deleteSource(tx: Tx): Promise<void> {
  await sql`DELETE FROM catalogue_source`.execute(tx);
}

/** Takes the turn to look, where it has come: of several hubs one has it. The first commit is taken over when a person says so. */
export async function takeTurn(tx: Tx): Promise<Source | undefined> {
  return await row(
    tx,
    sql<Source>`
    UPDATE catalogue_source SET due_at = ledger_now() + make_interval(mins => every_minutes)
     WHERE every_minutes > 0 AND commit IS NOT NULL AND due_at <= ledger_now() RETURNING ${columns}`,
  );
}

/** A commit is in force; `change` is null where nothing had to change. */
export async function setApplied(tx: Tx, commit: string, change: number | null): Promise<void> {
  await sql`
    UPDATE catalogue_source SET commit = ${commit}, change = coalesce(${change}, change), applied_at = ledger_now(),
           looked_at = ledger_now(), trouble = NULL`.execute(tx);
}

/** All is as it was. */
export async function setLooked(tx: Tx): Promise<void> {
  await sql`UPDATE catalogue_source SET looked_at = ledger_now(), trouble = NULL`.execute(tx);
}

/** @returns whether it is another trouble than before */
export async function setTrouble(tx: Tx, trouble: Omit<Trouble, 'since'>): Promise<boolean> {
  const said = JSON.stringify(trouble);
  const found = await row(
    tx,
    sql<{ fresh: boolean }>`
    WITH before AS (SELECT trouble - 'since' AS trouble FROM catalogue_source FOR UPDATE)
    UPDATE catalogue_source s SET looked_at = ledger_now(),
           trouble = CASE WHEN b.trouble = ${said}::jsonb THEN s.trouble
                          ELSE ${said}::jsonb || jsonb_build_object('since', to_jsonb(ledger_now())) END
      FROM before b RETURNING b.trouble IS DISTINCT FROM ${said}::jsonb AS fresh`,
  );
  return found?.fresh ?? false;
}
