/** SQL of external repositories, of the tags that merge them, and of what is in use of each. */
import type { ExternalDefinition, ExternalKey, Failure, MergeMode } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

/** With what was read of its keys. */
export type Definition = ExternalDefinition & { certificates: ExternalKey[] };

export interface ExternalFacts {
  id: number;
  name: string;
  /** Said in a setting of tags. */
  setting: boolean;
  definition: Definition;
}

const externalColumns = sql`e.id, e.name, e.setting, e.definition`;

/** Undefined where there is one of that name. */
export async function insertExternal(
  tx: Tx,
  name: string,
  definition: Definition,
  by: string,
): Promise<number | undefined> {
  const made = await row(
    tx,
    sql<{ id: number }>`
    INSERT INTO externals (name, setting, definition, added_at, added_by)
    VALUES (${name}, false, ${JSON.stringify(definition)}::jsonb, ledger_now(), ${by})
    ON CONFLICT (name) WHERE NOT setting AND removed_at IS NULL DO NOTHING RETURNING id`,
  );
  return made?.id;
}

/** The one that a setting means, made where it is not there. */
export async function externalOfSetting(
  tx: Tx,
  name: string,
  definition: Definition,
  by: string,
): Promise<ExternalFacts> {
  await sql`
    INSERT INTO externals (name, setting, definition, added_at, added_by)
    VALUES (${name}, true, ${JSON.stringify(definition)}::jsonb, ledger_now(), ${by})
    ON CONFLICT (name, (definition->>'url')) WHERE setting DO NOTHING`.execute(tx);
  const [found] = await externalsOfSettings(tx, [{ name, url: definition.url ?? '' }]);
  if (found === undefined) throw new Error(`the external repository ${name} was not written`);
  return found;
}

export async function externalsOfSettings(
  tx: Reader,
  said: readonly { name: string; url: string }[],
): Promise<ExternalFacts[]> {
  if (said.length === 0) return [];
  return await rows(
    tx,
    sql<ExternalFacts>`
    SELECT ${externalColumns} FROM jsonb_to_recordset(${JSON.stringify(said)}::jsonb) AS x(name text, url text)
      JOIN externals e ON e.setting AND e.name = x.name AND e.definition->>'url' = x.url`,
  );
}

export async function findExternal(tx: Reader, name: string): Promise<ExternalFacts | undefined> {
  return await row(
    tx,
    sql<ExternalFacts>`
    SELECT ${externalColumns} FROM externals e WHERE e.name = ${name} AND NOT e.setting AND e.removed_at IS NULL`,
  );
}

/** Those of that name that settings say. */
export async function saidExternals(tx: Reader, name: string): Promise<ExternalFacts[]> {
  return await rows(
    tx,
    sql<ExternalFacts>`SELECT ${externalColumns} FROM externals e WHERE e.name = ${name} AND e.setting ORDER BY e.id`,
  );
}

export async function externalsById(tx: Reader, ids: readonly number[]): Promise<Map<number, ExternalFacts>> {
  const found = await rows(
    tx,
    sql<ExternalFacts>`SELECT ${externalColumns} FROM externals e WHERE e.id = ANY(${ids}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one]));
}

export async function listExternals(tx: Reader, after: string, limit: number): Promise<ExternalFacts[]> {
  return await rows(
    tx,
    sql<ExternalFacts>`
    SELECT ${externalColumns} FROM externals e
     WHERE e.name > ${after} AND NOT e.setting AND e.removed_at IS NULL ORDER BY e.name LIMIT ${limit}`,
  );
}

export async function setDefinition(tx: Tx, id: number, definition: Definition): Promise<void> {
  await sql`
    WITH forgotten AS (UPDATE external_arches SET known = NULL WHERE external_id = ${id})
    UPDATE externals SET definition = ${JSON.stringify(definition)}::jsonb WHERE id = ${id}`.execute(tx);
}

export async function endExternal(tx: Tx, id: number): Promise<void> {
  await sql`
    WITH left_alone AS (UPDATE external_arches SET due_at = NULL WHERE external_id = ${id})
    UPDATE externals SET removed_at = ledger_now() WHERE id = ${id}`.execute(tx);
}

// tags

export interface AttachmentFacts {
  tag: number;
  external: number;
  name: string;
  priority: number;
  mode: MergeMode;
  arches: string[] | null;
}

const attachmentColumns = sql`x.tag_id AS tag, x.external_id AS external, e.name, x.priority, x.mode, x.arches`;

/** What tags themselves say at a change. */
export async function attachmentsAt(
  tx: Reader,
  tags: readonly number[],
  change: number,
): Promise<AttachmentFacts[]> {
  return await rows(
    tx,
    sql<AttachmentFacts>`
    SELECT ${attachmentColumns} FROM tag_externals x JOIN externals e ON e.id = x.external_id
     WHERE x.tag_id = ANY(${tags}::bigint[]) AND x.added <= ${change} AND (x.removed IS NULL OR x.removed > ${change})`,
  );
}

export async function attachmentsOf(tx: Reader, external: number): Promise<AttachmentFacts[]> {
  return await rows(
    tx,
    sql<AttachmentFacts>`
    SELECT ${attachmentColumns} FROM tag_externals x JOIN externals e ON e.id = x.external_id
     WHERE x.external_id = ${external} AND x.removed IS NULL ORDER BY x.tag_id`,
  );
}

export async function putAttachment(
  tx: Tx,
  { tag, external, priority, mode, arches }: Omit<AttachmentFacts, 'name'>,
  change: number,
): Promise<void> {
  await endAttachment(tx, tag, external, change);
  await sql`
    INSERT INTO tag_externals (tag_id, external_id, priority, mode, arches, added)
    VALUES (${tag}, ${external}, ${priority}, ${mode}, ${arches}::text[], ${change})`.execute(tx);
}

export async function endAttachment(tx: Tx, tag: number, external: number, change: number): Promise<void> {
  await sql`
    UPDATE tag_externals SET removed = ${change} WHERE tag_id = ${tag} AND external_id = ${external} AND removed IS NULL`.execute(
    tx,
  );
}

/** Tags that name it themselves now, by attaching it or in their settings. */
export async function tagsNaming(tx: Reader, external: ExternalFacts): Promise<number[]> {
  const said = [{ name: external.name, url: external.definition.url }];
  const found = await rows(
    tx,
    external.setting
      ? sql<{ id: number }>`
        SELECT id FROM tags WHERE removed IS NULL AND settings @> ${JSON.stringify({ externalRepos: said })}::jsonb`
      : sql<{ id: number }>`
        SELECT t.id FROM tag_externals x JOIN tags t ON t.id = x.tag_id
         WHERE x.external_id = ${external.id} AND x.removed IS NULL AND t.removed IS NULL`,
  );
  return found.map((one) => one.id);
}

/** Those of some tags that have a repository for buildroots. */
export async function withRepository(tx: Reader, tags: readonly number[]): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT r.tag_id AS id FROM repos r WHERE r.tag_id = ANY(${tags}::bigint[]) AND r.kind = 'build' ORDER BY 1`,
  );
  return found.map((one) => one.id);
}

// what is in use

export interface SnapshotFacts {
  id: number;
  number: number;
  repomd: string;
  revision: string;
  packages: number;
  added: number;
  removed: number;
  foundAt: Date;
  mirror: string;
  records: SnapshotRecord[];
}

/** Groups or modules of a snapshot, unpacked. */
export interface SnapshotRecord {
  type: string;
  sha256: string;
  size: number;
}

/** How the server named the repomd.xml that is in use. */
export interface KnownRoot {
  address: string;
  repomd: string;
  etag?: string;
  lastModified?: string;
}

export interface ArchFacts {
  external: number;
  arch: string;
  /** In use. */
  snapshot: SnapshotFacts | null;
  task: number | null;
  /** The task has not ended. */
  open: boolean;
  mirrors: string[];
  known: KnownRoot | null;
  checkedAt: Date | null;
  dueAt: Date | null;
  failures: number;
  trouble: (Failure & { since: string }) | null;
}

const archColumns = sql`
  a.external_id AS external, a.arch, a.task_id AS task, coalesce(t.state IN ('free', 'leased'), false) AS open, a.mirrors,
  a.known, a.checked_at AS "checkedAt", a.due_at AS "dueAt", a.failures, a.trouble,
  CASE WHEN s.id IS NOT NULL THEN jsonb_build_object(
    'id', s.id, 'number', s.number, 'repomd', s.repomd, 'revision', s.revision, 'packages', s.packages, 'added', s.added,
    'removed', s.removed, 'foundAt', s.found_at, 'mirror', s.mirror, 'records', s.records) END AS snapshot
  FROM external_arches a LEFT JOIN tasks t ON t.id = a.task_id LEFT JOIN external_snapshots s ON s.id = a.snapshot_id`;

type ArchRow = Omit<ArchFacts, 'snapshot'> & {
  snapshot: (Omit<SnapshotFacts, 'foundAt'> & { foundAt: string }) | null;
};

function archOf({ snapshot, ...rest }: ArchRow): ArchFacts {
  return { ...rest, snapshot: snapshot && { ...snapshot, foundAt: new Date(snapshot.foundAt) } };
}

export async function archesOf(tx: Reader, externals: readonly number[]): Promise<ArchFacts[]> {
  const found = await rows(
    tx,
    sql<ArchRow>`SELECT ${archColumns} WHERE a.external_id = ANY(${externals}::bigint[]) ORDER BY a.external_id, a.arch`,
  );
  return found.map(archOf);
}

/** Begins to look after an architecture. */
export async function insertArch(tx: Tx, external: number, arch: string): Promise<void> {
  await sql`
    INSERT INTO external_arches (external_id, arch, due_at) VALUES (${external}, ${arch}, ledger_now())
    ON CONFLICT DO NOTHING`.execute(tx);
}

export async function lockArch(tx: Tx, external: number, arch: string): Promise<ArchFacts | undefined> {
  await sql`SELECT FROM external_arches WHERE external_id = ${external} AND arch = ${arch} FOR UPDATE`.execute(
    tx,
  );
  return (await archesOf(tx, [external])).find((one) => one.arch === arch);
}

export async function setTask(tx: Tx, external: number, arch: string, task: number): Promise<void> {
  await sql`
    UPDATE external_arches SET task_id = ${task}, due_at = NULL WHERE external_id = ${external} AND arch = ${arch}`.execute(
    tx,
  );
}

export interface Checked {
  external: number;
  arch: string;
  /** Where it is another. */
  snapshot: number | null;
  mirrors: string[];
  known: KnownRoot | null;
  /** Seconds until it is looked at again; null: never by itself. */
  again: number | null;
}

export async function setChecked(tx: Tx, one: Checked): Promise<void> {
  await sql`
    UPDATE external_arches
       SET snapshot_id = coalesce(${one.snapshot}, snapshot_id), mirrors = ${one.mirrors}::text[], known = ${JSON.stringify(one.known)}::jsonb,
           checked_at = ledger_now(), due_at = ledger_now() + make_interval(secs => ${one.again}), failures = 0, trouble = NULL
     WHERE external_id = ${one.external} AND arch = ${one.arch}`.execute(tx);
}

/** @param again seconds; null: never by itself */
export async function setTrouble(
  tx: Tx,
  external: number,
  arch: string,
  failure: Failure,
  again: number | null,
): Promise<void> {
  await sql`
    UPDATE external_arches
       SET failures = failures + 1, due_at = ledger_now() + make_interval(secs => ${again}),
           trouble = ${JSON.stringify(failure)}::jsonb || jsonb_build_object('since', coalesce(trouble->'since', to_jsonb(ledger_now())))
     WHERE external_id = ${external} AND arch = ${arch}`.execute(tx);
}

export async function setDue(tx: Tx, external: number, arch: string, again: number | null): Promise<void> {
  await sql`
    UPDATE external_arches SET due_at = ledger_now() + make_interval(secs => ${again})
     WHERE external_id = ${external} AND arch = ${arch}`.execute(tx);
}

/** What it is time to look at. */
export async function dueArches(tx: Reader, limit: number): Promise<{ external: number; arch: string }[]> {
  return await rows(
    tx,
    sql<{ external: number; arch: string }>`
    SELECT external_id AS external, arch FROM external_arches WHERE due_at <= ledger_now() ORDER BY due_at LIMIT ${limit}`,
  );
}
