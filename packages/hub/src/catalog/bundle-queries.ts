/** SQL of platforms and flavours. */
import type { FlavourWords, PlatformWords } from '@moromi/contract';
import { sql } from 'kysely';
import { type Reader, row, rows, type Tx } from '../ledger/index.ts';

export interface Words {
  platform: PlatformWords;
  flavour: FlavourWords;
}
export type BundleKind = keyof Words;

export interface Bundle<K extends BundleKind = BundleKind> {
  kind: K;
  name: string;
  /** Says its words to the tags below it. */
  tag: number;
  words: Words[K];
  /** `from git: COMMIT`: it is said there. */
  governor: string | null;
}

const columns = sql`kind, name, tag_id AS tag, words, governor`;

/** Begins a state; a second one within the change takes the first one's place. */
export async function putBundle<K extends BundleKind>(
  tx: Tx,
  { kind, name, tag, words, governor }: Bundle<K>,
  change: number,
): Promise<void> {
  await endBundle(tx, kind, name, change);
  await sql`
    INSERT INTO bundles (kind, name, tag_id, words, governor, added)
    VALUES (${kind}, ${name}, ${tag}, ${JSON.stringify(words)}::jsonb, ${governor}, ${change})
    ON CONFLICT (kind, name, added) DO UPDATE
       SET tag_id = excluded.tag_id, words = excluded.words, governor = excluded.governor, removed = NULL`.execute(
    tx,
  );
}

export async function endBundle(tx: Tx, kind: BundleKind, name: string, change: number): Promise<void> {
  await sql`
    UPDATE bundles SET removed = ${change} WHERE kind = ${kind} AND name = ${name} AND removed IS NULL`.execute(
    tx,
  );
}

/** @param change as it was then; as it is where not said */
export async function findBundle<K extends BundleKind>(
  tx: Reader,
  kind: K,
  name: string,
  change?: number,
): Promise<Bundle<K> | undefined> {
  const then =
    change === undefined
      ? sql`removed IS NULL`
      : sql`added <= ${change} AND (removed IS NULL OR removed > ${change})`;
  return await row(
    tx,
    sql<Bundle<K>>`SELECT ${columns} FROM bundles WHERE kind = ${kind} AND name = ${name} AND ${then}`,
  );
}

export async function listBundles<K extends BundleKind>(
  tx: Reader,
  kind: K,
  after: string,
  limit: number,
): Promise<Bundle<K>[]> {
  return await rows(
    tx,
    sql<Bundle<K>>`
    SELECT ${columns} FROM bundles WHERE kind = ${kind} AND name > ${after} AND removed IS NULL ORDER BY name LIMIT ${limit}`,
  );
}

/** Those whose own tag is among these. */
export async function bundlesOfTags(tx: Reader, tags: readonly number[]): Promise<Bundle[]> {
  return await rows(
    tx,
    sql<Bundle>`SELECT ${columns} FROM bundles WHERE tag_id = ANY(${tags}::bigint[]) AND removed IS NULL ORDER BY kind, name`,
  );
}

/** Platforms that allow a flavour. */
export async function platformsAllowing(tx: Reader, flavour: string): Promise<Bundle<'platform'>[]> {
  return await rows(
    tx,
    sql<Bundle<'platform'>>`
    SELECT ${columns} FROM bundles
     WHERE kind = 'platform' AND removed IS NULL AND words->'flavours' ? ${flavour} ORDER BY name`,
  );
}

/** Builds that are running with a flavour. */
export async function buildsWithFlavour(tx: Reader, flavour: string): Promise<number[]> {
  const found = await rows(
    tx,
    sql<{ id: number }>`
    SELECT id FROM builds WHERE state = 'building' AND options->'flavours' ? ${flavour} ORDER BY id`,
  );
  return found.map((one) => one.id);
}
