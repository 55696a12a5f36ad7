/** SQL of what tags hold: builds and package lists. */
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';
import type { TaggedBuildFacts } from './latest.ts';
import type { ListedPackage } from './listed.ts';

/** A build as it is put into a tag. */
export interface Taggable {
  build: number;
  package: string;
  nvr: string;
  owner: string;
}

const at = (change: number) => sql`added <= ${change} AND (removed IS NULL OR removed > ${change})`;

const buildColumns = sql`
  tag_id AS tag, build_id AS build, package, nvr, epoch, owner, added, place, tagged_at AS "taggedAt"`;

const entryColumns = sql`tag_id AS tag, package, blocked, owner, extra_arches AS "extraArches"`;

/** Puts builds into a tag, the last of the list the latest; those that are in it already are passed over. */
export async function insertTaggedBuilds(
  tx: Tx,
  tag: number,
  builds: readonly Taggable[],
  change: number,
): Promise<void> {
  await sql`
    INSERT INTO tag_builds (tag_id, build_id, package, nvr, owner, epoch, added, place, tagged_at)
    SELECT ${tag}, x.build, x.package, x.nvr, x.owner, (SELECT b.epoch FROM builds b WHERE b.id = x.build), ${change},
           coalesce((SELECT max(place) + 1 FROM tag_builds WHERE tag_id = ${tag} AND added = ${change}), 0) + x.n - 1, ledger_now()
      FROM ROWS FROM (jsonb_to_recordset(${JSON.stringify(builds)}::jsonb) AS (build bigint, package text, nvr text, owner text))
           WITH ORDINALITY AS x(build, package, nvr, owner, n)
    ON CONFLICT (tag_id, build_id) WHERE removed IS NULL DO NOTHING`.execute(tx);
}

/** @returns those that were in it */
export async function endTaggedBuilds(
  tx: Tx,
  tag: number,
  builds: readonly number[],
  change: number,
): Promise<number[]> {
  const ended = await rows(
    tx,
    sql<{ build: number }>`
    UPDATE tag_builds SET removed = ${change} WHERE tag_id = ${tag} AND build_id = ANY(${builds}::bigint[]) AND removed IS NULL
    RETURNING build_id AS build`,
  );
  return ended.map((one) => one.build);
}

/** Which of some builds are in a tag now. */
export async function taggedOf(tx: Reader, tag: number, builds: readonly number[]): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ build: number }>`
    SELECT build_id AS build FROM tag_builds WHERE tag_id = ${tag} AND build_id = ANY(${builds}::bigint[]) AND removed IS NULL`,
  );
  return found.map((one) => one.build);
}

/** Builds in tags at a change. @param packages all where not said */
export async function taggedBuilds(
  tx: Reader,
  tags: readonly number[],
  change: number,
  packages?: readonly string[],
): Promise<TaggedBuildFacts[]> {
  const some = packages === undefined ? sql`` : sql`AND package = ANY(${packages}::text[])`;
  return await rows(
    tx,
    sql<TaggedBuildFacts>`
    SELECT ${buildColumns} FROM tag_builds WHERE tag_id = ANY(${tags}::bigint[]) AND ${at(change)} ${some}`,
  );
}

/** Who has tagged: for each change that is asked for. */
export async function actorsOf(tx: Reader, changes: readonly number[]): Promise<Map<number, string>> {
  const found = await rows(
    tx,
    sql<{ id: number; actor: string }>`
    SELECT id, actor FROM catalogue_changes WHERE id = ANY(${changes}::bigint[])`,
  );
  return new Map(found.map((one) => [one.id, one.actor]));
}

export async function tagsOfBuild(tx: Reader, build: number): Promise<string[]> {
  const found = await rows(
    tx,
    sql<{ name: string }>`
    SELECT t.name FROM tag_builds b JOIN tags t ON t.id = b.tag_id
     WHERE b.build_id = ${build} AND b.removed IS NULL ORDER BY t.name`,
  );
  return found.map((one) => one.name);
}

/** Entries of package lists at a change. @param packages all where not said */
export async function listedPackages(
  tx: Reader,
  tags: readonly number[],
  change: number,
  packages?: readonly string[],
): Promise<ListedPackage[]> {
  const some = packages === undefined ? sql`` : sql`AND package = ANY(${packages}::text[])`;
  return await rows(
    tx,
    sql<ListedPackage>`
    SELECT ${entryColumns} FROM tag_packages WHERE tag_id = ANY(${tags}::bigint[]) AND ${at(change)} ${some}`,
  );
}

/** As `listedPackages`, but only of packages that some of the tags blocks: without a block an open list says nothing. */
export async function entriesOfBlocked(
  tx: Reader,
  tags: readonly number[],
  change: number,
): Promise<ListedPackage[]> {
  return await rows(
    tx,
    sql<ListedPackage>`
    SELECT ${entryColumns} FROM tag_packages
     WHERE tag_id = ANY(${tags}::bigint[]) AND ${at(change)}
       AND package IN (SELECT package FROM tag_packages WHERE tag_id = ANY(${tags}::bigint[]) AND blocked AND ${at(change)})`,
  );
}

/** Writes entries into a tag's own list, in place of what it said of these packages. */
export async function putPackages(
  tx: Tx,
  tag: number,
  entries: readonly Omit<ListedPackage, 'tag'>[],
  change: number,
): Promise<void> {
  await endPackages(
    tx,
    tag,
    entries.map((one) => one.package),
    change,
  );
  await sql`
    INSERT INTO tag_packages (tag_id, package, blocked, owner, extra_arches, added)
    SELECT ${tag}, x.package, x.blocked, x.owner, ARRAY(SELECT jsonb_array_elements_text(x."extraArches")), ${change}
      FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) AS x(package text, blocked boolean, owner text, "extraArches" jsonb)
    ON CONFLICT (tag_id, package, added) DO UPDATE
       SET blocked = excluded.blocked, owner = excluded.owner, extra_arches = excluded.extra_arches, removed = NULL`.execute(
    tx,
  );
}

export async function endPackages(
  tx: Tx,
  tag: number,
  packages: readonly string[],
  change: number,
): Promise<void> {
  await sql`
    UPDATE tag_packages SET removed = ${change} WHERE tag_id = ${tag} AND package = ANY(${packages}::text[]) AND removed IS NULL`.execute(
    tx,
  );
}

/** Packages of which some row of some tag began or ended after one change and by another. */
export async function touchedPackages(
  tx: Reader,
  tags: readonly number[],
  after: number,
  until: number,
): Promise<string[]> {
  const within = sql`BETWEEN ${after + 1}::bigint AND ${until}::bigint`;
  const found = await rows(
    tx,
    sql<{ package: string }>`
    SELECT DISTINCT x.package FROM unnest(${tags}::bigint[]) AS g(id) CROSS JOIN LATERAL (
      SELECT package FROM tag_builds WHERE tag_id = g.id AND added ${within}
      UNION ALL SELECT package FROM tag_builds WHERE tag_id = g.id AND removed ${within}
      UNION ALL SELECT package FROM tag_packages WHERE tag_id = g.id AND added ${within}
      UNION ALL SELECT package FROM tag_packages WHERE tag_id = g.id AND removed ${within}
    ) x ORDER BY 1`,
  );
  return found.map((one) => one.package);
}

export interface BuildToTag extends Taggable {
  state: string;
  scratch: boolean;
}

/** A build by its number or, of those that hold their NVR, by that: then it is looked up in an index of these. */
export async function buildToTag(tx: Reader, which: string): Promise<BuildToTag | undefined> {
  const only = /^\d{1,15}$/.test(which)
    ? sql`id = ${Number(which)}`
    : sql`namespace = '' AND nvr = ${which} AND NOT scratch AND state IN ('building', 'complete')`;
  return await row(
    tx,
    sql<BuildToTag>`
    SELECT id AS build, name AS package, coalesce(nvr, '') AS nvr, owner, state, scratch FROM builds
     WHERE ${only} ORDER BY state = 'complete' DESC, id DESC LIMIT 1`,
  );
}

/** Complete builds in no tag, by number. */
export async function untaggedBuilds(
  tx: Reader,
  only: { package?: string | undefined },
  after: number,
  limit: number,
): Promise<{ build: number; nvr: string; owner: string; endedAt: Date | null }[]> {
  const named = only.package === undefined ? sql`` : sql`AND b.name = ${only.package}`;
  return await rows(
    tx,
    sql<{ build: number; nvr: string; owner: string; endedAt: Date | null }>`
    SELECT b.id AS build, b.nvr, b.owner, b.ended_at AS "endedAt" FROM builds b
     WHERE b.id > ${after} AND b.state = 'complete' AND NOT b.scratch AND b.nvr IS NOT NULL ${named}
       AND NOT EXISTS (SELECT FROM tag_builds x WHERE x.build_id = b.id AND x.removed IS NULL)
     ORDER BY b.id LIMIT ${limit}`,
  );
}

/** Entries of all package lists as they are now, by tag and package. */
export async function entriesEverywhere(
  tx: Reader,
  only: { package?: string | undefined; owner?: string | undefined; blocked: boolean },
  after: { tag: number; package: string },
  limit: number,
): Promise<ListedPackage[]> {
  const named = only.package === undefined ? sql`` : sql`AND package = ${only.package}`;
  const owned = only.owner === undefined ? sql`` : sql`AND owner = ${only.owner}`;
  const shown = only.blocked ? sql`` : sql`AND NOT blocked`;
  return await rows(
    tx,
    sql<ListedPackage>`
    SELECT ${entryColumns} FROM tag_packages
     WHERE removed IS NULL AND (tag_id, package) > (${after.tag}::bigint, ${after.package}) ${named} ${owned} ${shown}
     ORDER BY tag_id, package LIMIT ${limit}`,
  );
}
