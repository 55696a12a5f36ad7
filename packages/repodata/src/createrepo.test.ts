import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Createrepo, type MetadataFile, type PrimaryPackage, readPrimary, readRepomd } from './index.ts';
import { all, type Made, makePackages } from './testing/packages.ts';

const never = new AbortController().signal;
let dir = '';
let packages: Made[] = [];
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-repodata-'));
  packages = await makePackages(join(dir, 'packages'), [
    ['alpha', '1.0~rc1'],
    ['beta', '2^git1'],
    ['gamma-plus', '10'],
    ['gamma', '9'],
    ['delta', '1'],
  ]);
  for (const { path } of packages) await utimes(path, 1e9, 1e9);
}, 60_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

async function make(
  chosen: Made[],
  more: { previous?: string; revision?: number; unread?: Made[] } = {},
): Promise<{ files: MetadataFile[]; output: string }> {
  const at = join(dir, `repo-${count++}`);
  const output = join(at, 'out');
  await mkdir(join(at, 'tree', 'Packages'), { recursive: true });
  await mkdir(output);
  const empty = join(at, 'empty');
  await writeFile(empty, '');
  for (const { path } of chosen) {
    const target = more.unread?.some((one) => one.path === path) === true ? empty : path;
    await symlink(target, join(at, 'tree', 'Packages', path.split('/').pop() ?? ''));
  }
  const { previous, revision = 7 } = more;
  const order = { dir: join(at, 'tree'), output, revision, timeoutMs: 60_000 };
  const files = await new Createrepo().make(
    { ...order, ...(previous === undefined ? {} : { previous }) },
    never,
  );
  return { files, output };
}

async function bytesOf(files: MetadataFile[]): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { name, path } of files) all[name] = (await readFile(path)).toString('base64');
  return all;
}

async function primary(output: string): Promise<{ packages: PrimaryPackage[]; path: string }> {
  const { records } = readRepomd(await readFile(join(output, 'repodata', 'repomd.xml')));
  const path = join(output, records.find(({ type }) => type === 'primary')?.href ?? '');
  return { packages: await all(readPrimary(createReadStream(path))), path };
}

test('repomd.xml names each file by its hash, size and unpacked hash, and comes last', async () => {
  const { files, output } = await make(packages);
  expect(files.at(-1)?.name).toBe('repomd.xml');
  const { records, revision } = readRepomd(await readFile(join(output, 'repodata', 'repomd.xml'), 'utf8'));
  expect(revision).toBe('7');
  expect(records.map(({ type }) => type)).toEqual(['primary', 'filelists', 'other']);
  for (const record of records) {
    const bytes = await readFile(join(output, record.href));
    const open = gunzipSync(bytes);
    expect(record.href).toBe(`repodata/${record.checksum}-${record.type}.xml.gz`);
    expect({ ...record, href: '', type: '' }).toEqual({
      href: '',
      type: '',
      checksum: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      openChecksum: createHash('sha256').update(open).digest('hex'),
      openSize: open.length,
      timestamp: 7,
    });
  }
  expect(files.map(({ name }) => name).sort()).toEqual((await readdir(join(output, 'repodata'))).sort());
});

test('primary lists the packages as their files are', async () => {
  const { output } = await make(packages);
  const found = (await primary(output)).packages;
  const wanted = await Promise.all(
    packages.map(async ({ name, version, path, fileName }) => {
      const bytes = await readFile(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const location = `Packages/${fileName}`;
      return {
        name,
        arch: 'noarch',
        epoch: name.length,
        version,
        release: '1.t1',
        sha256,
        size: bytes.length,
        location,
      };
    }),
  );
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  expect(found.sort(byName)).toEqual(wanted.sort(byName));
});

test('the same set gives the same bytes, made anew or from any other revision, without reading known files', async () => {
  const first = await make(packages, { revision: 9 });
  const again = await make([...packages].reverse(), { revision: 9 });
  expect(await bytesOf(again.files)).toEqual(await bytesOf(first.files));
  const before = await make(packages.slice(0, 3), { revision: 8 });
  const grown = await make(packages, { revision: 9, previous: before.output, unread: packages.slice(0, 3) });
  expect(await bytesOf(grown.files)).toEqual(await bytesOf(first.files));
  const shrunk = await make(packages.slice(1, 4), { revision: 10, previous: grown.output, unread: packages });
  expect(await bytesOf(shrunk.files)).toEqual(
    await bytesOf((await make(packages.slice(1, 4), { revision: 10 })).files),
  );
});

test('an empty repository is one', async () => {
  const { output } = await make([]);
  expect((await primary(output)).packages).toEqual([]);
});

test('a package that cannot be read fails the whole', async () => {
  const bad = join(dir, 'bad-1-1.noarch.rpm');
  await writeFile(bad, (await readFile(packages[0]?.path ?? '')).subarray(0, 500));
  const made = make([...packages, { name: 'bad', version: '1', path: bad, fileName: 'bad-1-1.noarch.rpm' }]);
  await expect(made).rejects.toMatchObject({ code: 'maker_failed' });
});

test('a maker that hangs, is missing or is to stop is ended', async () => {
  const script = join(dir, 'hang');
  await writeFile(script, '#!/bin/sh\necho working\nexec sleep 100\n');
  await chmod(script, 0o755);
  const order = { dir, output: dir, revision: 1, timeoutMs: 300 };
  await expect(new Createrepo(script).make(order, never)).rejects.toThrow(/took longer than .* working/);
  await expect(new Createrepo('/nonexistent').make(order, never)).rejects.toThrow(/install createrepo_c/);
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('told to')), 50);
  await expect(new Createrepo(script).make({ ...order, timeoutMs: 60_000 }, stop.signal)).rejects.toThrow(
    'told to',
  );
});

test('primary is read the same packed in many gzip members, zstd frames or not at all', async () => {
  const { output } = await make(packages);
  const { packages: wanted, path } = await primary(output);
  const open = gunzipSync(await readFile(path));
  const pieces = Array.from({ length: 7 }, (_, at) =>
    open.subarray((at * open.length) / 7, ((at + 1) * open.length) / 7),
  );
  const packings = [
    open,
    Buffer.concat(pieces.map((one) => gzipSync(one))),
    Buffer.concat(pieces.map((one) => zstdCompressSync(one))),
  ];
  for (const packed of packings) {
    for (const step of [1, 100, packed.length]) {
      const found = await all(readPrimary(inSteps(packed, step)));
      expect(found).toEqual(wanted);
    }
  }
});

async function* inSteps(bytes: Buffer, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
