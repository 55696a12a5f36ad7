/** SQL of the catalogue's past. */
import type { HistoryKind } from '@moromi/contract';
import { type RawBuilder, sql } from 'kysely';
import { type Reader, rows } from '../ledger/index.ts';

export interface HistoryWish {
  kind?: HistoryKind | undefined;
  tag?: number | undefined;
  package?: string | undefined;
  build?: number | undefined;
  target?: number | undefined;
  actor?: string | undefined;
  /** What holds to this day, or what does no longer. */
  active?: boolean | undefined;
  /** First and last change. */
  since: number;
  until: number;
  /** What a page before ended with. */
  after?: { change: number; key: string } | undefined;
}

export interface HistoryFacts {
  kind: HistoryKind;
  begins: boolean;
  active: boolean;
  change: number;
  key: string;
  at: Date;
  actor: string;
  what: string;
  tag: string | null;
  subject: string;
  data: Record<string, unknown>;
}

interface Source {
  table: RawBuilder<unknown>;
  tag: RawBuilder<unknown>;
  subject: RawBuilder<unknown>;
  data: RawBuilder<unknown>;
  /** What a filter by each of these means here; where one is missing, rows of this kind do not fit the filter. */
  filters: Partial<
    Record<'tag' | 'package' | 'build' | 'target', (value: number | string) => RawBuilder<unknown>>
  >;
}

const nameOf = (id: RawBuilder<unknown>) => sql`(SELECT g.name FROM tags g WHERE g.id = ${id})`;

const sources: Record<HistoryKind, Source> = {
  build: {
    table: sql`tag_builds`,
    tag: sql`x.tag_id`,
    subject: sql`x.nvr`,
    data: sql`jsonb_build_object('build', x.build_id, 'package', x.package, 'owner', x.owner)`,
    filters: {
      tag: (id) => sql`x.tag_id = ${id}`,
      package: (name) => sql`x.package = ${name}`,
      build: (id) => sql`x.build_id = ${id}`,
    },
  },
  package: {
    table: sql`tag_packages`,
    tag: sql`x.tag_id`,
    subject: sql`x.package`,
    data: sql`jsonb_build_object('blocked', x.blocked, 'owner', x.owner, 'extraArches', x.extra_arches)`,
    filters: { tag: (id) => sql`x.tag_id = ${id}`, package: (name) => sql`x.package = ${name}` },
  },
  parent: {
    table: sql`tag_parents`,
    tag: sql`x.tag_id`,
    subject: nameOf(sql`x.parent_id`),
    data: sql`jsonb_build_object('priority', x.priority, 'maxdepth', x.maxdepth, 'intransitive', x.intransitive,
                                 'noconfig', x.noconfig, 'pkgFilter', x.pkg_filter)`,
    filters: { tag: (id) => sql`(x.tag_id = ${id} OR x.parent_id = ${id})` },
  },
  tag: {
    table: sql`tag_settings`,
    tag: sql`x.tag_id`,
    subject: sql`x.name`,
    data: sql`jsonb_build_object('locked', x.locked, 'reason', x.reason, 'settings', x.settings)`,
    filters: { tag: (id) => sql`x.tag_id = ${id}` },
  },
  target: {
    table: sql`target_states`,
    tag: sql`x.dest_tag_id`,
    subject: sql`x.name`,
    data: sql`jsonb_build_object('buildTag', ${nameOf(sql`x.build_tag_id`)}, 'destTag', ${nameOf(sql`x.dest_tag_id`)}, 'aliases', x.aliases)`,
    filters: {
      tag: (id) => sql`(x.build_tag_id = ${id} OR x.dest_tag_id = ${id})`,
      target: (id) => sql`x.target_id = ${id}`,
    },
  },
};

/** One page of what began or ended, newest first; what one change did, in an order of no meaning that stays. */
export async function historyPage(tx: Reader, wish: HistoryWish, limit: number): Promise<HistoryFacts[]> {
  const branches = (Object.keys(sources) as HistoryKind[])
    .filter((kind) => wish.kind === undefined || wish.kind === kind)
    .flatMap((kind) => [branch(kind, true, wish, limit), branch(kind, false, wish, limit)])
    .filter((one) => one !== undefined);
  if (branches.length === 0) return [];
  return await rows(
    tx,
    sql<HistoryFacts>`
    SELECT y.kind, y.begins, y.active, y.change, y.key, c.at, c.actor, c.what, g.name AS tag, y.subject, y.data
      FROM (${sql.join(branches, sql` UNION ALL `)}) y
      JOIN catalogue_changes c ON c.id = y.change LEFT JOIN tags g ON g.id = y.tag_id
     ORDER BY y.change DESC, y.key LIMIT ${limit}`,
  );
}

function branch(
  kind: HistoryKind,
  begins: boolean,
  wish: HistoryWish,
  limit: number,
): RawBuilder<unknown> | undefined {
  const { table, tag, subject, data, filters } = sources[kind];
  const conditions: RawBuilder<unknown>[] = [];
  for (const name of ['tag', 'package', 'build', 'target'] as const) {
    const value = wish[name];
    if (value === undefined) continue;
    const filter = filters[name];
    if (filter === undefined) return undefined;
    conditions.push(filter(value));
  }
  const change = begins ? sql`x.added` : sql`x.removed`;
  const key = sql`md5(concat_ws(' ', ${kind}::text, ${begins}::text, ${tag}, ${subject}, x.added))`;
  conditions.push(
    sql`${change} BETWEEN ${wish.since}::bigint AND ${wish.after?.change ?? wish.until}::bigint`,
  );
  if (wish.after !== undefined)
    conditions.push(sql`(${change} < ${wish.after.change} OR ${key} > ${wish.after.key})`);
  if (wish.active === true) {
    if (!begins) return undefined;
    conditions.push(sql`x.removed IS NULL`);
  }
  if (wish.active === false) conditions.push(sql`x.removed IS NOT NULL`);
  if (wish.actor !== undefined)
    conditions.push(
      sql`EXISTS (SELECT FROM catalogue_changes a WHERE a.id = ${change} AND a.actor = ${wish.actor})`,
    );
  return sql`(
    SELECT ${kind}::text AS kind, ${begins}::boolean AS begins, ${begins}::boolean AND x.removed IS NULL AS active,
           ${change} AS change, ${key} AS key, ${tag} AS tag_id, ${subject} AS subject, ${data} AS data
      FROM ${table} x WHERE ${sql.join(conditions, sql` AND `)} ORDER BY ${change} DESC, ${key} LIMIT ${limit})`;
}
