import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPrimary, readRepomd } from '../index.ts';
import { understood } from '../testing/oracle.ts';
import { all, type Made, makePackages } from '../testing/packages.ts';
import { type RealisticPackage, realisticPackages } from '../testing/realistic.ts';
import type { RunLimits } from './cut.ts';
import { documentKinds, type Entries } from './document.ts';
import { Folder } from './folder.ts';
import type { Member } from './member.ts';
import { type Compression, gzip, zstd } from './pack.ts';
import { composeRepository } from './repository.ts';

let dir = '';
let made: Made[] = [];
const tiny: RunLimits = { least: 1, greatest: 1, oneIn: 1 };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-compose-'));
  made = await makePackages(join(dir, 'rpms'), [
    ['alpha', '1.0~rc1'],
    ['beta', '2^git1'],
    ['gamma-plus', '10'],
    ['gamma', '9'],
  ]);
  for (const { path } of made) await utimes(path, 1e9, 1e9);
}, 60_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

interface Known {
  member: Member;
  entries: Entries;
}

/** A folder in which createrepo_c made metadata of the packages; files that it must not read again are empty. */
async function createrepo(name: string, files: 'whole' | 'empty', more: string[] = []): Promise<string> {
  const folder = join(dir, name);
  const empty = join(dir, 'empty');
  await writeFile(empty, '');
  await mkdir(folder, { recursive: true });
  for (const { path, fileName } of made)
    await symlink(files === 'whole' ? path : empty, join(folder, fileName));
  const options = ['--quiet', '--no-database', '--error-exit-val', ...more];
  execFileSync('createrepo_c', [...options, '--', folder], { timeout: 60_000 });
  return folder;
}

async function plainOf(folder: string, kind: string): Promise<string> {
  const { records } = readRepomd(await readFile(join(folder, 'repodata', 'repomd.xml')));
  const bytes = await readFile(join(folder, records.find(({ type }) => type === kind)?.href ?? ''));
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : zstdDecompressSync(bytes)).toString();
}

/** createrepo_c's own entries of each package. */
async function entriesFrom(folder: string): Promise<Known[]> {
  const texts = await Promise.all(
    documentKinds.map(
      async (kind) => (await plainOf(folder, kind)).match(/<package [\s\S]*?<\/package>\n/g) ?? [],
    ),
  );
  return (texts[0] ?? []).map((primary, at) => {
    const [filelists = '', other = ''] = [texts[1]?.[at], texts[2]?.[at]];
    const found = /name="([^"]+)" arch="([^"]+)">\s+<version epoch="(\d+)" ver="([^"]+)" rel="([^"]+)"/.exec(
      filelists,
    );
    const [, name = '', arch = '', epoch, version = '', release = ''] = found ?? [];
    const id = /pkgid="(\w+)"/.exec(filelists)?.[1] ?? '';
    const bytes = primary.length + filelists.length + other.length;
    const member = { name, arch, epoch: Number(epoch), version, release, id, bytes, key: id };
    const entries = {
      primary: Buffer.from(primary),
      filelists: Buffer.from(filelists),
      other: Buffer.from(other),
    };
    return { member, entries };
  });
}

async function compose(
  name: string,
  known: readonly Pick<RealisticPackage, 'member' | 'entries'>[],
  more: { compression?: Compression; limits?: RunLimits } = {},
): Promise<string> {
  const entries = new Map(known.map((one) => [one.member, one.entries]));
  const entriesOf = (member: Member) => entries.get(member) ?? Promise.reject(new Error('it has no entries'));
  const sink = new Folder(join(dir, name, 'repodata'));
  const members = [...entries.keys()];
  await composeRepository({ members, entriesOf, sink, revision: '7', timestamp: 7, ...more });
  return join(dir, name);
}

test("createrepo_c's entries in many pieces are understood as in one", async () => {
  const original = await createrepo('original', 'whole');
  const known = await entriesFrom(original);
  expect(known).toHaveLength(made.length);
  const wanted = await understood(original);
  expect(wanted.map(({ name }) => name)).toContain('beta-4:2^git1-1.t1.noarch');
  for (const compression of [gzip, zstd]) {
    const folder = await compose(`pieces-${compression.type}`, known, { compression, limits: tiny });
    expect(await understood(folder)).toEqual(wanted);
  }
});

test('createrepo_c takes all packages from it without reading one', async () => {
  const known = await entriesFrom(await createrepo('again', 'whole'));
  // Of gzip alone: 0.17 reads no zstd, in one frame or many.
  const folder = await compose('known', known, { limits: tiny });
  const options = ['--update', '--skip-stat', `--update-md-path=${folder}`];
  const updated = await createrepo('updated', 'empty', options);
  for (const kind of documentKinds)
    expect(await plainOf(updated, kind)).toBe(await plainOf(join(dir, 'again'), kind));
});

test('dnf lists it over an address', async () => {
  const folder = await compose('listed', await entriesFrom(await createrepo('for-dnf', 'whole')), {
    limits: tiny,
  });
  const options = [`--repofrompath=t,file://${folder}`, '--repo=t', `--setopt=cachedir=${join(dir, 'dnf')}`];
  const format = ['--queryformat=%{name} %{evr} %{location}'];
  const stdout = execFileSync('dnf', ['--quiet', ...options, 'repoquery', ...format], {
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = made.map(
    ({ name, version, fileName }) => `${name} ${name.length}:${version}-1.t1 ${fileName}`,
  );
  expect(stdout.toString().trim().split('\n').sort()).toEqual(lines.sort());
});

test('repomd.xml names each file by its hash, size and unpacked hash, and nothing is left over', async () => {
  const folder = await compose('named', [...realisticPackages(50, 3)]);
  const { records, revision } = readRepomd(await readFile(join(folder, 'repodata', 'repomd.xml')));
  expect(revision).toBe('7');
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  for (const record of records) {
    const bytes = await readFile(join(folder, record.href));
    const open = gunzipSync(bytes);
    const named = { href: `repodata/${digest(bytes)}-${record.type}.xml.gz`, checksum: digest(bytes) };
    const sizes = { size: bytes.length, openChecksum: digest(open), openSize: open.length, timestamp: 7 };
    expect(record).toEqual({ type: record.type, ...named, ...sizes });
  }
  const names = ['repomd.xml', ...records.map(({ href }) => href.slice('repodata/'.length))];
  expect((await readdir(join(folder, 'repodata'))).sort()).toEqual(names.sort());
});

test('the order in which members are given says nothing', async () => {
  const known = [...realisticPackages(300, 4)];
  const one = await compose('one', known);
  const other = await compose('other', [...known].reverse());
  expect(await readFile(join(other, 'repodata/repomd.xml'))).toEqual(
    await readFile(join(one, 'repodata/repomd.xml')),
  );
});

test('an empty repository is one', async () => {
  const folder = await compose('none', []);
  expect(await understood(folder)).toEqual([]);
  expect(await plainOf(folder, 'other')).toBe(await plainOf(await emptyByCreaterepo(), 'other'));
});

async function emptyByCreaterepo(): Promise<string> {
  const folder = join(dir, 'empty-original');
  await mkdir(folder);
  execFileSync('createrepo_c', ['--quiet', '--no-database', '--', folder], { timeout: 60_000 });
  return folder;
}

test('realistic packages are as dnf expects packages to be', async () => {
  const known = [...realisticPackages(400, 5)];
  const folder = await compose('realistic', known);
  const found = await understood(folder);
  expect(new Set(found.map(({ name }) => name)).size).toBe(400);
  const files = found.map(({ files }) => files.length).reduce((a, b) => a + b, 0);
  expect(files / 400).toBeGreaterThan(15);
  const { records } = readRepomd(await readFile(join(folder, 'repodata', 'repomd.xml')));
  const primary = await all(readPrimary(createReadStream(join(folder, records[0]?.href ?? ''))));
  expect(primary.map(({ sha256 }) => sha256).sort()).toEqual(known.map(({ member }) => member.id).sort());
});

test('what cannot be given fails the whole, and repomd.xml is not there', async () => {
  const known = [...realisticPackages(5, 6)];
  await using sink = new Folder(join(dir, 'failed', 'repodata'));
  const members = known.map(({ member }) => member);
  const entriesOf = () => Promise.reject(new Error('gone'));
  const composed = composeRepository({ members, entriesOf, sink, revision: '7', timestamp: 7 });
  await expect(composed).rejects.toThrow('gone');
  expect((await readdir(join(dir, 'failed', 'repodata'))).filter((name) => !name.endsWith('.part'))).toEqual(
    [],
  );
});
