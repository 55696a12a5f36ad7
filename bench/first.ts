/**
 * `first`: the first metadata of 20,000 packages of realistic headers, from their files: hashed, headers read, entries made,
 * packed, hashed, and shown by the repository; beside `createrepo_c --workers 2` over the same files. The files were
 * written just before, so both read them from the page cache. A hub knows the hashes of packages since it has accepted
 * them; so that both do the same, hashing them again is added here.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readHeaders, TAG } from '@moromi/rpm';
import pg from 'pg';
import { prepareStock } from '../packages/hub/src/testing/stock.ts';
import { realisticHeaders } from '../packages/repodata/src/fragment/testing/headers.ts';
import { median, print, say, spread } from './figure.ts';
import { timed } from './rusage.ts';
import { shown } from './stocked.ts';
import { startWorld, type World } from './world.ts';

const runs = 3;
/** Packages of one build. */
const together = 10;

interface PackageFile {
  name: string;
  path: string;
  sha256: string;
  size: number;
}

export async function first(): Promise<void> {
  const count = Number(process.env['MOROMI_BENCH_PACKAGES'] ?? 20_000);
  await using world = await startWorld();
  say(`writing ${count} packages`);
  const folder = join(world.home, 'first');
  const files = await writePackages(join(folder, 'Packages'), count);
  const ours: number[] = [];
  const theirs: number[] = [];
  await takeUp(world, files);
  for (let n = 0; n < runs; n++) {
    await rm(join(folder, 'repodata'), { recursive: true, force: true });
    const command = ['createrepo_c', '--quiet', '--no-database', '--workers', '2', '--', folder];
    theirs.push((await timed(command)).seconds);
    const at = performance.now();
    for (const file of files) await hashAgain(file);
    const hashed = (performance.now() - at) / 1000;
    const tag = await emptyTag(world, n);
    await forget(world);
    const from = performance.now();
    await world.client.call('addParent', {
      params: { name: tag },
      body: { parent: 'bench', priority: 0 },
    });
    await shown(world, tag);
    ours.push(hashed + (performance.now() - from) / 1000);
    say(
      `run ${n}: createrepo_c ${theirs.at(-1)?.toFixed(1)} s, ours ${ours.at(-1)?.toFixed(1)} s, of it ${hashed.toFixed(1)} s for hashes of packages`,
    );
  }
  const peer = median(theirs);
  print({
    figure: 'first',
    unit: 's',
    ours: median(ours),
    peer,
    peerName: 'createrepo_c --workers 2, warm page cache',
    ratio: peer / median(ours),
    spread: spread(ours),
    runs,
  });
}

async function writePackages(folder: string, count: number): Promise<PackageFile[]> {
  await mkdir(folder, { recursive: true });
  const files: PackageFile[] = [];
  for (let number = 0; number < count; number++) {
    const bytes = realisticHeaders(number);
    const path = join(folder, `p${number}.rpm`);
    await writeFile(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.push({ name: `p${number}.rpm`, path, sha256, size: bytes.length });
  }
  return files;
}

async function hashAgain({ path, sha256 }: PackageFile): Promise<void> {
  const found = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  if (found !== sha256) throw new Error(`${path} has changed`);
}

/** Puts the files into the store, and builds that have brought them into the ledger and the tag. */
async function takeUp(world: World, files: readonly PackageFile[]): Promise<void> {
  const { client } = world;
  await client.call('createTag', { body: { name: 'bench', settings: { arches: ['x86_64'] } } });
  await client.call('createTarget', { body: { name: 'bench', buildTag: 'bench', destTag: 'bench' } });
  while ((await client.call('getTag', { params: { name: 'bench' } })).revision === null) await delay(20);
  const line = new pg.Client(world.database);
  await line.connect();
  try {
    const at = await prepareStock(line, 'bench');
    for (let from = 0; from < files.length; from += together)
      await insertBuild(world, line, at, files.slice(from, from + together), from);
    await line.query('ANALYZE');
  } finally {
    await line.end();
  }
}

async function insertBuild(
  world: World,
  line: pg.Client,
  at: { task: number; target: number },
  files: readonly PackageFile[],
  number: number,
): Promise<void> {
  const rows = await Promise.all(
    files.map(async (file) => {
      const folder = join(world.home, 'hub', 'blobs', 'sha256', file.sha256.slice(0, 2));
      await mkdir(folder, { recursive: true });
      await link(file.path, join(folder, file.sha256.slice(2)));
      const { header, headerRange } = await readHeaders(file.path);
      const text = (tag: typeof TAG.NAME): string => String(header.get(tag) ?? '');
      const [name, version, release, arch] = [TAG.NAME, TAG.VERSION, TAG.RELEASE, TAG.ARCH].map(text);
      const nevra = `${name}-${version}-${release}.${arch}`;
      const place = { header_start: headerRange.start, header_end: headerRange.end };
      return {
        nevra,
        name,
        version,
        release,
        arch,
        file_name: `${nevra}.rpm`,
        sha256: file.sha256,
        size: file.size,
        ...place,
      };
    }),
  );
  await line.query(
    `WITH said AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(nevra text, name text, version text, release text, arch text,
         file_name text, sha256 text, size bigint, header_start bigint, header_end bigint)
     ), stored AS (
       INSERT INTO blobs (sha256, size, created_at) SELECT sha256, size, ledger_now() FROM said ON CONFLICT DO NOTHING
     ), build AS (
       INSERT INTO builds (nvr, name, version, release, target_id, source_name, source_sha256, owner, state, scratch, options, task_id, created_at, ended_at)
       SELECT 'first' || $4 || '-1-1', 'first' || $4, '1', '1', $3, 'first', (SELECT min(sha256) FROM blobs), 'stock', 'complete', false, '{}', $2, ledger_now(), ledger_now()
       RETURNING id, name, nvr
     ), made AS (
       INSERT INTO rpms (build_id, task_id, nevra, name, version, release, arch, file_name, sha256, size, header_start, header_end, live)
       SELECT build.id, $2, said.nevra, said.name, said.version, said.release, said.arch, file_name, sha256, size, header_start, header_end, true FROM said, build
       RETURNING id, name, version, release, arch, file_name, sha256, size, header_start, header_end
     ), copied AS (
       INSERT INTO copies (rpm_id, name, version, release, arch, file_name, sha256, size, header_start, header_end) SELECT * FROM made
     ), change AS (
       INSERT INTO catalogue_changes (id, at, actor, what) SELECT max(id) + 1, ledger_now(), 'stock', 'tag' FROM catalogue_changes RETURNING id
     )
     INSERT INTO tag_builds (tag_id, build_id, package, nvr, owner, added, tagged_at, place)
     SELECT t.id, build.id, build.name, build.nvr, 'stock', change.id, ledger_now(), 1 FROM tags t, build, change WHERE t.name = 'bench'`,
    [JSON.stringify(rows), at.task, at.target, String(number)],
  );
}

/** A repository that has had nothing: one that knows its content would make nothing anew. */
async function emptyTag({ client }: World, number: number): Promise<string> {
  const name = `first${number}`;
  await client.call('createTag', { body: { name, settings: { arches: ['x86_64'] } } });
  while ((await client.call('getTag', { params: { name } })).revision === null) await delay(20);
  return name;
}

/** What was read of packages, and what was made of it, is known no more. */
async function forget({ database, client }: World): Promise<void> {
  // A revision that is being made would bring some of it back.
  for (;;) {
    const { items } = await client.call('listTasks', { query: { kind: 'publish', state: 'leased' } });
    if (items.length === 0) break;
    await delay(20);
  }
  const line = new pg.Client(database);
  await line.connect();
  try {
    await line.query(`UPDATE repo_trees SET runs = '{}', packages = 0;
      DELETE FROM run_members; DELETE FROM runs;
      UPDATE copies SET fragment_id = NULL, says = NULL, plain = 0, file_time = 0;
      UPDATE fragments SET digest = 'forgotten' || id`);
  } finally {
    await line.end();
  }
}
