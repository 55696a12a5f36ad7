import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackageResult } from '@moromi/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderStore, insertBlob } from '../blobs/index.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { type Built, rpmbuild, type Sample, sampleOf } from '../testing/samples.ts';
import { acceptPackages } from './accept.ts';
import { readSubmitted } from './package-file.ts';

let ledger: FreshLedger;
let folder: string;
let store: FolderStore;
let alpha: Built;
let other: Built;
beforeAll(async () => {
  ledger = await freshLedger();
  folder = await mkdtemp(join(tmpdir(), 'moromi-accept-'));
  store = await FolderStore.open(join(folder, 'blobs'));
  alpha = await rpmbuild(folder, { name: 'alpha', arches: ['x86_64', 'i686'], subpackages: ['devel'] });
  other = await rpmbuild(folder, { name: 'other', preamble: ['Epoch: 3', 'BuildArch: noarch'] });
});
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true });
});

/** Puts it into the store, under another name where one is given. */
async function keep(file: Sample, name = file.name): Promise<PackageResult['srpm']> {
  await store.put(file.bytes);
  await insertBlob(ledger.read, file.sha256, file.bytes.length);
  return { name, sha256: file.sha256, size: file.bytes.length };
}

const of = (built: Built, arch = 'x86_64'): Sample[] => built.rpms.get(arch) ?? [];
function first(files: Sample[]): Sample {
  const [file] = files;
  if (file === undefined) throw new Error('there is no sample');
  return file;
}

async function accept(
  rpms: (Sample | PackageResult['srpm'])[],
  task = { kind: 'build', arch: 'x86_64' },
  source = alpha.srpm,
) {
  const files = [];
  for (const rpm of rpms) files.push('bytes' in rpm ? await keep(rpm) : rpm);
  return await acceptPackages(ledger.read, store, task, {
    srpm: await keep(source),
    rpms: files,
    installed: [],
  });
}

const code = (wanted: string) =>
  expect.objectContaining({ failure: expect.objectContaining({ code: wanted }) });

/** The same package with one byte of its main header turned over. */
function damage(file: Sample): Sample {
  // The payload of so small a package has less than this; what lies before it is the header.
  const where = file.bytes.length - 400;
  const bytes = Buffer.from(file.bytes);
  bytes.writeUInt8(bytes.readUInt8(where) ^ 0xff, where);
  return sampleOf(file.name, bytes);
}

describe('a result is accepted', () => {
  test('with all packages of its source, architecture and noarch', async () => {
    const accepted = await accept(of(alpha));
    expect(accepted.rpms.map((rpm) => rpm.nevra)).toEqual(['alpha-1-1.x86_64', 'alpha-devel-1-1.x86_64']);
    expect(accepted.source.nvr).toMatchObject({
      nvr: 'alpha-1-1',
      name: 'alpha',
      version: '1',
      release: '1',
    });
    for (const rpm of accepted.rpms) expect(rpm.source_rpm).toBe('alpha-1-1.src.rpm');
    const noarch = await accept(of(other), undefined, other.srpm);
    expect(noarch.rpms[0]).toMatchObject({ arch: 'noarch', epoch: 3 });
  });

  test('of a source package task without binaries', async () => {
    const { source, rpms } = await accept([], { kind: 'srpm', arch: 'x86_64' });
    expect([source.nvr.nvr, rpms]).toEqual(['alpha-1-1', []]);
  });
});

describe('a result is refused', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['a package of another source', 'foreign_package', () => accept([...of(alpha), ...of(other)])],
    ['a foreign architecture', 'foreign_arch', () => accept(of(alpha, 'i686'))],
    ['the same package twice', 'duplicate_nevra', () => accept([...of(alpha), first(of(alpha))])],
    ['a source package among the binaries', 'foreign_package', () => accept([...of(alpha), alpha.srpm])],
    ['no package at all', 'nothing_built', () => accept([])],
    [
      'binaries of a source package task',
      'unexpected_packages',
      () => accept(of(alpha), { kind: 'srpm', arch: 'x86_64' }),
    ],
    [
      'a binary package as the source',
      'not_a_source_rpm',
      () => accept(of(alpha), undefined, first(of(alpha))),
    ],
    [
      'a file under another name',
      'package_damaged',
      async () => accept([await keep(first(of(alpha)), 'beta-1-1.x86_64.rpm')]),
    ],
    [
      'a name with a folder',
      'package_damaged',
      async () => accept([await keep(first(of(alpha)), '../alpha-1-1.x86_64.rpm')]),
    ],
    ['a damaged header', 'package_damaged', () => accept([damage(first(of(alpha)))])],
    [
      'a truncated package',
      'package_damaged',
      () => accept([sampleOf('alpha-1-1.x86_64.rpm', first(of(alpha)).bytes.subarray(0, -100))]),
    ],
    [
      'half a header',
      'package_damaged',
      () => accept([sampleOf('alpha-1-1.x86_64.rpm', first(of(alpha)).bytes.subarray(0, 300))]),
    ],
    [
      'what is no package',
      'package_damaged',
      () => accept([sampleOf('alpha-1-1.x86_64.rpm', Buffer.from('no rpm'))]),
    ],
    ['an empty file', 'package_damaged', () => accept([sampleOf('alpha-1-1.x86_64.rpm', Buffer.alloc(0))])],
  ])('for %s', async (_, wanted, act) => {
    await expect(act()).rejects.toEqual(code(wanted));
  });

  test('for a file that was not uploaded, or not with that size, as a fault of the infrastructure', async () => {
    const file = await keep(first(of(alpha)));
    for (const wrong of [
      { ...file, sha256: '0'.repeat(64) },
      { ...file, size: file.size + 1 },
    ]) {
      const refused = await accept([wrong]).catch((error: unknown) => error);
      expect(refused).toMatchObject({ failure: { code: 'not_uploaded', fault: 'infrastructure' } });
    }
  });
});

describe('a source package that is submitted', () => {
  test.each<[string, string, () => [Sample, string?]]>([
    ['is no rpm', 'not_an_rpm', () => [sampleOf('a-1-1.src.rpm', Buffer.from('x'.repeat(500)))]],
    ['is cut short', 'truncated', () => [sampleOf('a-1-1.src.rpm', alpha.srpm.bytes.subarray(0, 500))]],
    ['lacks its end', 'truncated', () => [sampleOf('a-1-1.src.rpm', alpha.srpm.bytes.subarray(0, -1))]],
    ['is a binary package', 'not_a_source_rpm', () => [first(of(alpha))]],
    ['has a name with a folder', 'bad_name', () => [alpha.srpm, '../alpha-1-1.src.rpm']],
    ['has a damaged header', 'header_damaged', () => [damage(alpha.srpm)]],
  ])('and %s is refused', async (_, wanted, make) => {
    const [file, name] = make();
    const { sha256 } = await keep(file);
    await expect(readSubmitted(store, sha256, name ?? file.name)).rejects.toMatchObject({ code: wanted });
  });
});
