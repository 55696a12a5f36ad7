/**
 * A ledger with many builds of realistic packages, whose files nobody has: for benches, and for tests of histories.
 *
 * Invariant: every row says what the hub would have written of such builds; only the blobs are names without files.
 */
import { createHash } from 'node:crypto';
import { decodeFragment, encodeExtended, encodeFragment, type Fragment } from '@moromi/repodata';
import type pg from 'pg';
import { type RealisticPackage, realisticSource } from '../../../repodata/src/testing/realistic.ts';
import { saysOf } from '../repos/press/member.ts';

const buildTime = 1_700_000_000;
const hole = '\0';

export interface StockedBuild {
  id: number;
  package: string;
  nvr: string;
  /** Its binary packages. */
  rpms: number;
}

/** What stands in the ledger once, for all builds. @returns the task that they all come from */
export async function prepareStock(
  client: pg.Client,
  target: string,
): Promise<{ task: number; target: number }> {
  const found = await client.query<{ id: string }>('SELECT id FROM targets WHERE name = $1', [target]);
  const task = await client.query<{ id: string }>(
    `INSERT INTO tasks (kind, label, state, owner, priority, request, created_at, ended_at)
     VALUES ('build', 'stock', 'canceled', 'stock', 20, '{}', ledger_now(), ledger_now()) RETURNING id`,
  );
  return { task: Number(task.rows[0]?.id), target: Number(found.rows[0]?.id) };
}

/** Writes the build of a source; the next bump is its update. */
export async function stockBuild(
  client: pg.Client,
  at: { task: number; target: number },
  seed: number,
  number: number,
  bump = 0,
): Promise<StockedBuild> {
  const packages = realisticSource(seed, number, bump);
  const [first] = packages;
  if (first === undefined) throw new Error('a source has packages');
  const { name, version, release } = first.member;
  const source = hashOf(`${first.sourceRpm} source`);
  await client.query(
    `INSERT INTO blobs (sha256, size, created_at) VALUES ($1, 1, ledger_now()) ON CONFLICT DO NOTHING`,
    [source],
  );
  const { rows } = await client.query<{ id: string }>({
    name: 'stock-build',
    text: `
    INSERT INTO builds (nvr, name, version, release, target_id, source_name, source_sha256, owner, state, scratch, options, task_id, created_at, ended_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'stock', 'complete', false, '{}', $8, ledger_now(), ledger_now()) RETURNING id`,
    values: [
      `${name}-${version}-${release}`,
      name,
      version,
      release,
      at.target,
      first.sourceRpm,
      source,
      at.task,
    ],
  });
  const id = Number(rows[0]?.id);
  const list = packages.map(rowOf);
  await client.query({
    name: 'stock-rpms',
    text: `
    WITH said AS (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(nevra text, name text, epoch int, version text, release text, arch text, file_name text,
        source_rpm text, sha256 text, size bigint, header_start bigint, header_end bigint, digest text, bytes text, says text, plain int, file_time bigint)
    ), stored AS (
      INSERT INTO blobs (sha256, size, created_at) SELECT sha256, size, ledger_now() FROM said ON CONFLICT DO NOTHING
    ), made AS (
      INSERT INTO rpms (build_id, task_id, nevra, name, epoch, version, release, arch, file_name, source_rpm, sha256, size, header_start, header_end, live)
      SELECT $2, $3, nevra, name, epoch, version, release, arch, file_name, source_rpm, sha256, size, header_start, header_end, true FROM said
      RETURNING id, nevra
    ), fragmented AS (
      INSERT INTO fragments (digest, bytes) SELECT digest, decode(bytes, 'base64') FROM said RETURNING id, digest
    )
    INSERT INTO copies (rpm_id, fragment_id, name, epoch, version, release, arch, file_name, sha256, size, header_start, header_end, file_time, says, plain)
    SELECT m.id, f.id, s.name, s.epoch, s.version, s.release, s.arch, s.file_name, s.sha256, s.size, s.header_start, s.header_end, s.file_time, s.says, s.plain
      FROM said s JOIN made m USING (nevra) JOIN fragmented f USING (digest)`,
    values: [JSON.stringify(list), id, at.task],
  });
  return { id, package: name, nvr: `${name}-${version}-${release}`, rpms: list.length };
}

/** Lets the digests of the files of all packages be known. */
export async function stockDigests(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ rpm: string; bytes: Buffer }>(
    'SELECT c.rpm_id AS rpm, f.bytes FROM copies c JOIN fragments f ON f.id = c.fragment_id',
  );
  for (const { rpm, bytes } of rows) {
    const files = decodeFragment(bytes)
      .filelists.toString()
      .replace(/<version .*\n/, '$&  <checksum type="sha256"/>\n')
      .replaceAll(/<file>(.*)</g, (_, path: string) => `<file hash="${hashOf(rpm + path)}">${path}<`);
    const text = 'INSERT INTO extended_filelists (rpm_id, bytes) VALUES ($1, $2)';
    await client.query({ name: 'stock-digests', text, values: [rpm, encodeExtended(Buffer.from(files))] });
  }
}

/** Tags builds in one change. */
export async function tagStock(
  client: pg.Client,
  tag: string,
  builds: readonly StockedBuild[],
): Promise<number> {
  const change = await client.query<{ id: string }>(
    `INSERT INTO catalogue_changes (id, at, actor, what)
     SELECT coalesce(max(id), 0) + 1, ledger_now(), 'stock', 'tag stock' FROM catalogue_changes RETURNING id`,
  );
  const id = Number(change.rows[0]?.id);
  await client.query(
    `INSERT INTO tag_builds (tag_id, build_id, package, nvr, owner, added, tagged_at, place)
     SELECT t.id, b.id, b.name, b.nvr, 'stock', $2, ledger_now(), row_number() OVER (ORDER BY b.id)
       FROM tags t, builds b WHERE t.name = $1 AND b.id = ANY($3::bigint[])
     ON CONFLICT (tag_id, build_id) WHERE removed IS NULL DO NOTHING`,
    [tag, id, builds.map((one) => one.id)],
  );
  return id;
}

function rowOf(one: RealisticPackage) {
  const { name, epoch, version, release, arch, id: sha256 } = one.member;
  const fragment = fragmentOf(one);
  const bytes = encodeFragment(fragment);
  const digest = hashOf(bytes);
  const [size, start, end] = [1_000_000, 4504, 50_000];
  const file = { sha256, size, headerStart: start, headerEnd: end };
  return {
    nevra: `${name}-${version}-${release}.${arch}`,
    ...{ name, epoch, version, release, arch, sha256, size, digest },
    file_name: `${name}-${version}-${release}.${arch}.rpm`,
    source_rpm: one.sourceRpm,
    header_start: start,
    header_end: end,
    bytes: bytes.toString('base64'),
    says: saysOf(digest, file, buildTime),
    plain: fragment.primary.length + fragment.filelists.length + fragment.other.length,
    file_time: buildTime,
  };
}

/** The entries with holes for what depends on the file. */
function fragmentOf({ member, entries }: RealisticPackage): Fragment {
  const { name, epoch, version, release, arch } = member;
  const primary = entries.primary
    .toString()
    .replace(/(pkgid="YES">)[0-9a-f]+/, `$1${hole}`)
    .replace(/<time file="\d+"/, `<time file="${hole}"`)
    .replace(/<size package="\d+"/, `<size package="${hole}"`)
    .replace(/<location href="[^"]*"/, `<location ${hole}`)
    .replace(/<rpm:header-range start="\d+" end="\d+"/, `<rpm:header-range start="${hole}" end="${hole}"`);
  const withId = (bytes: Buffer) =>
    Buffer.from(bytes.toString().replace(/pkgid="[0-9a-f]+"/, `pkgid="${hole}"`));
  return {
    ...{ name, epoch: epoch ?? 0, version, release, arch, filelistsExt: undefined },
    primary: Buffer.from(primary),
    filelists: withId(entries.filelists),
    other: withId(entries.other),
  };
}

const hashOf = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
