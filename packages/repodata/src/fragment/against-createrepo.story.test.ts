/** Every field of every odd package, as createrepo_c 0.17.3 has it; of what that does not write, as rpm has it. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHeaders, TAG } from '@moromi/rpm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildPackages } from '../../../rpm/src/testing/packages.ts';
import { entry } from '../../../rpm/src/testing/writer.ts';
import { encodeFragment } from './encoded.ts';
import { fragmentOf } from './fragment.ts';
import { createrepo, expectSame, ours } from './testing/comparison.ts';
import { oddPackage, strings, writtenPackage } from './testing/generated.ts';
import { buildSpecs } from './testing/rpmbuild.ts';
import { oddSpecs } from './testing/specs.ts';

const seed = 20261122;
const written = 300;

let dir = '';
/** A folder of packages by rpmbuild. */
let built = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-fragment-'));
  built = join(dir, 'built');
  await buildSpecs(join(dir, 'work'), built, oddSpecs);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const compare = async (folder: string) => expectSame(folder, await mkdtemp(join(dir, 'metadata-')));

test('says of what rpmbuild makes the same as createrepo_c, field by field', async () => {
  expect(await compare(built)).toBe(14);
});

test('filelists-ext lists the files that filelists does, with the digests that rpm tells', async () => {
  const query = ['--nosignature', '-qp', '--qf', '[%{FILEDIGESTS}\n]', '--'];
  let [hashed, other] = [0, 0];
  for (const name of await readdir(built, { recursive: true })) {
    if (!name.endsWith('.rpm')) continue;
    const path = join(built, name);
    const made = fragmentOf(await readHeaders(path), { fileDigests: true });
    const lines = made.filelistsExt?.toString().split('\n') ?? [];
    expect(lines.splice(2, 1), name).toEqual([expect.stringMatching(/^ {2}<checksum type="\w+"\/>$/)]);
    expect(lines.join('\n').replaceAll(/ hash="\w+"/g, '')).toBe(made.filelists.toString());
    const hashes = lines.slice(2, -2).map((line) => / hash="(\w+)"/.exec(line)?.[1] ?? '');
    const told = execFileSync('rpm', [...query, path], { timeout: 60_000 }).toString();
    expect(hashes.map((one) => `${one}\n`).join(''), name).toBe(told);
    hashed += hashes.filter((one) => one !== '').length;
    other += hashes.filter((one) => one === '').length;
  }
  expect(Math.min(hashed, other)).toBeGreaterThan(0);
});

test('says of whatever a header can say the same as createrepo_c', async () => {
  const folder = join(dir, 'written');
  await mkdir(folder);
  const packages = fc.sample(oddPackage, { numRuns: written, seed });
  await Promise.all(packages.map((bytes, at) => writeFile(join(folder, `${at}.rpm`), bytes)));
  expect(await compare(folder)).toBe(written);
});

test('says of a signed copy the same as createrepo_c, from the fragment of the package before', async () => {
  await using packages = await buildPackages();
  expect(await compare(packages.folder)).toBe(packages.files.length + 1);
  const original = packages.files.find((path) => /zstdio.*small.*noarch/.test(path)) ?? '';
  const [before, after] = await Promise.all([original, packages.signed].map((path) => readHeaders(path)));
  if (before === undefined || after === undefined) throw new Error('there is no signed package');
  expect(Buffer.from(after.signature.bytes).equals(before.signature.bytes)).toBe(false);
  expect(encodeFragment(fragmentOf(after)).equals(encodeFragment(fragmentOf(before)))).toBe(true);
});

test('a package that createrepo_c leaves out for a character is listed without it, or refused', async () => {
  const folder = join(dir, 'unsayable');
  await mkdir(folder);
  const bad = [Buffer.from('a\x0cb')];
  await writeFile(join(folder, 'prose.rpm'), writtenPackage([strings(TAG.SUMMARY, bad, 9)]));
  const offered = [entry(TAG.PROVIDEFLAGS, [0]), strings(TAG.PROVIDEVERSION, [Buffer.alloc(0)])];
  await writeFile(join(folder, 'name.rpm'), writtenPackage([strings(TAG.PROVIDENAME, bad), ...offered]));
  await writeFile(join(folder, 'fine.rpm'), writtenPackage([]));
  const theirs = await createrepo(folder, await mkdtemp(join(dir, 'metadata-')));
  expect([...theirs.entries.keys()]).toEqual(['fine.rpm']);
  expect(theirs.said).toMatch(/control char/);
  expect((await ours(folder, 'prose.rpm')).primary).toContain('<summary>ab</summary>');
  await expect(ours(folder, 'name.rpm')).rejects.toMatchObject({ code: 'hostile' });
});
