import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DocumentKind, documentKinds } from '../compose/document.ts';
import { readRepomd } from '../repomd.ts';
import { composeFolder } from '../testing/composed.ts';
import { expectReadOrRefused } from '../testing/damaged.ts';
import { inPieces, listing, otherPackage, primaryPackage, readOrCode, shaOf } from '../testing/foreign.ts';
import { understood } from '../testing/oracle.ts';
import { all } from '../testing/packages.ts';
import { realisticPackages } from '../testing/realistic.ts';
import { makeRepository } from '../testing/repository.ts';
import { memberOf, type OutsidePackage, rebase } from './package.ts';
import { type OutsideDocuments, type OutsideLimits, readOutside, readOutsidePrimary } from './pair.ts';

let dir = '';
let original = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-outside-'));
  const primary = await makeRepository(dir, [
    {
      name: 'alpha',
      evr: '3:1.0~rc1-2',
      provides: ['virtual = 1:2-3'],
      requires: ['beta >= 1'],
      files: ['/etc/a b', '/usr/bin/<a>'],
    },
    { name: 'beta', evr: '2^git1-1', requires: ['(alpha or gamma)'], files: ['/opt/ü'] },
    { name: 'gamma', evr: '1-1' },
  ]);
  original = join(primary, '..', '..');
}, 60_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

async function stored(folder: string): Promise<Record<DocumentKind, Buffer>> {
  const { records } = readRepomd(await readFile(join(folder, 'repodata', 'repomd.xml')));
  const of = async (kind: DocumentKind) =>
    gunzipSync(await readFile(join(folder, records.find(({ type }) => type === kind)?.href ?? '')));
  return { primary: await of('primary'), filelists: await of('filelists'), other: await of('other') };
}

function documents(of: Record<DocumentKind, string | Uint8Array>, step?: number): OutsideDocuments {
  const { primary, filelists, other } = of;
  return {
    primary: inPieces(primary, step),
    filelists: inPieces(filelists, step),
    other: inPieces(other, step),
  };
}

async function compose(name: string, packages: readonly OutsidePackage[]): Promise<string> {
  await composeFolder(
    join(dir, name),
    packages.map((one) => [memberOf(one), one] as const),
  );
  return join(dir, name);
}

test('a repository read and composed again is understood as it was', async () => {
  const found = await all(readOutside(documents(await stored(original))));
  expect(found).toHaveLength(3);
  expect(await understood(await compose('again', found))).toEqual(await understood(original));
});

test('packages say what their elements say', async () => {
  const found = await all(readOutside(documents(await stored(original), 1000)));
  const alpha = found.find(({ name }) => name === 'alpha');
  const wanted = (await understood(original)).find(({ name }) => name.startsWith('alpha-'));
  expect(alpha).toMatchObject({
    ...{ name: 'alpha', epoch: 3, version: '1.0~rc1', release: '2', arch: 'noarch', base: null },
    ...{ pkgid: wanted?.checksum[1], checksumType: 'sha256', location: wanted?.location },
    ...{ sourceRpm: 'round0-1-1.src.rpm' },
  });
  const sizes = [alpha?.size, alpha?.headerRange?.end];
  const [size, , headerEnd] = (wanted?.['sizes'] ?? []) as number[];
  expect(sizes).toEqual([size, headerEnd]);
});

test('it is read the same however it is packed', async () => {
  const plain = await stored(original);
  const wanted = await all(readOutside(documents(plain)));
  const by = (program: string) => (bytes: Buffer) =>
    execFileSync(program, ['--compress', '--stdout'], { input: bytes, timeout: 60_000 });
  const halves = (bytes: Buffer) => [bytes.subarray(0, 700), bytes.subarray(700)];
  const packings: Record<string, (bytes: Buffer) => Uint8Array> = {
    gzip: (bytes) => gzipSync(bytes),
    members: (bytes) => Buffer.concat(halves(bytes).map((half) => gzipSync(half))),
    frames: (bytes) => Buffer.concat(halves(bytes).map((half) => zstdCompressSync(half))),
    xz: by('xz'),
    bzip2: by('bzip2'),
  };
  for (const [name, pack] of Object.entries(packings)) {
    const packed = {
      primary: pack(plain.primary),
      filelists: pack(plain.filelists),
      other: pack(plain.other),
    };
    for (const step of [100, undefined]) {
      expect(await all(readOutside(documents(packed, step))), name).toEqual(wanted);
    }
    const cut = { ...packed, primary: packed.primary.subarray(0, packed.primary.length - 9) };
    expect(await readOrCode(readOutside(documents(cut))), name).toBe('damaged');
    expect(await readOrCode(readOutside(documents(packed), { unpacked: 500 })), name).toBe('too_large');
  }
});

test('a stream that breaks is told as it broke', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield gzipSync('<?xml').subarray(0, 12);
    throw new Error('the mirror hung up');
  }
  async function* brokenXz(): AsyncGenerator<Uint8Array> {
    yield execFileSync('xz', ['--compress', '--stdout'], { input: 'x'.repeat(1000) }).subarray(0, 30);
    throw new Error('the mirror hung up');
  }
  for (const stream of [broken, brokenXz])
    await expect(all(readOutsidePrimary(stream()))).rejects.toThrow('the mirror hung up');
});

const three = [1, 2, 3];
const sample = () => ({
  primary: listing(
    'primary',
    three.map((number) => primaryPackage(number)),
  ),
  filelists: listing(
    'filelists',
    three.map((number) => otherPackage(number, `<file>/f${number}</file>`)),
  ),
  other: listing(
    'other',
    three.map((number) => otherPackage(number)),
  ),
});

async function code(changed: Partial<Record<DocumentKind, string>>, limits?: OutsideLimits): Promise<string> {
  const found = await readOrCode(readOutside(documents({ ...sample(), ...changed }), limits));
  return typeof found === 'string' ? found : `${found.length} packages`;
}

test('the documents may have their packages in any order', async () => {
  for (const order of [
    [3, 2, 1],
    [2, 3, 1],
    [1, 3, 2],
  ]) {
    const filelists = listing(
      'filelists',
      order.map((number) => otherPackage(number, `<file>/f${number}</file>`)),
    );
    const found = await all(readOutside(documents({ ...sample(), filelists }, 300)));
    expect(found.map(({ name }) => name)).toEqual(['p1', 'p2', 'p3']);
    for (const [at, one] of found.entries())
      expect(one.filelists.toString()).toContain(`<file>/f${at + 1}</file>`);
  }
});

test('what waits because of the order is bounded', async () => {
  const numbers = Array.from({ length: 300 }, (_, at) => at + 1);
  const of = (kind: DocumentKind, order: number[]) =>
    listing(
      kind,
      order.map((number) => (kind === 'primary' ? primaryPackage(number) : otherPackage(number))),
    );
  const straight = {
    primary: of('primary', numbers),
    filelists: of('filelists', numbers),
    other: of('other', numbers),
  };
  const turned = { ...straight, other: of('other', [...numbers].reverse()) };
  const read = (changed: typeof straight) =>
    readOrCode(readOutside(documents(changed, 500), { waiting: 10_000 }));
  expect(await read(straight)).toHaveLength(300);
  expect(await read(turned)).toBe('too_large');
});

test('documents that do not list the same packages are refused', async () => {
  const one = (kind: DocumentKind, numbers: number[]) =>
    listing(
      kind,
      numbers.map((number) => otherPackage(number)),
    );
  expect(await code({})).toBe('3 packages');
  expect(await code({ filelists: one('filelists', [1, 2]) })).toBe('damaged');
  expect(await code({ other: one('other', [1, 2, 3, 4]) })).toBe('damaged');
  expect(await code({ other: one('other', [1, 2, 4]) })).toBe('damaged');
  expect(await code({ filelists: one('filelists', [1, 1, 2, 3]) })).toBe('hostile');
  expect(await code({ filelists: sample().filelists.replace('name="p2"', 'name="q2"') })).toBe('hostile');
  expect(await code({ other: sample().other.replace('ver="1"', 'ver="2"') })).toBe('hostile');
  const twice = listing(
    'primary',
    [1, 1].map((number) => primaryPackage(number)),
  );
  expect(await code({ primary: twice })).toBe('hostile');
  expect(await code({}, { packages: 2 })).toBe('too_large');
});

test('facts that are missing, double or no facts are refused', async () => {
  const changed = async (part: Parameters<typeof primaryPackage>[1]) => {
    const packages = [primaryPackage(1, part), primaryPackage(2), primaryPackage(3)];
    return await code({ primary: listing('primary', packages) });
  };
  for (const part of ['name', 'arch', 'version', 'checksum', 'size', 'location'])
    expect(await changed({ [part]: '' }), part).toBe('damaged');
  expect(await changed({ time: '' })).toBe('3 packages');
  expect(await changed({ format: '' })).toBe('3 packages');
  expect(await changed({ name: '<name>p1</name><name>p2</name>' })).toBe('hostile');
  expect(await changed({ name: '<name>../p1</name>' })).toBe('damaged');
  expect(await changed({ size: '<size package="-1"/>' })).toBe('damaged');
  expect(await changed({ checksum: `<checksum type="md5" pkgid="YES">${shaOf(1)}</checksum>` })).toBe(
    'damaged',
  );
  expect(await changed({ checksum: `<checksum type="constructor" pkgid="YES">${shaOf(1)}</checksum>` })).toBe(
    'damaged',
  );
  expect(await changed({ checksum: `<checksum type="sha256">${shaOf(1)}</checksum>` })).toBe('damaged');
});

test('a refusal closes what was not read yet', async () => {
  const open = (kind: DocumentKind) =>
    Readable.from(inPieces(kind === 'primary' ? 'nonsense' : sample()[kind]));
  const streams = { primary: open('primary'), filelists: open('filelists'), other: open('other') };
  expect(await readOrCode(readOutside(streams))).toBe('hostile');
  expect(Object.values(streams).map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
});

test('checksums of other kinds are kept as they are', async () => {
  const sha1 = 'b'.repeat(40);
  const checksum = `<checksum type="sha" pkgid="YES">${sha1}</checksum>`;
  const other = (kind: DocumentKind) => listing(kind, [otherPackage(1).replace(shaOf(1), sha1)]);
  const primary = listing('primary', [primaryPackage(1, { checksum })]);
  const [found] = await all(
    readOutside(documents({ primary, filelists: other('filelists'), other: other('other') })),
  );
  expect(found).toMatchObject({ pkgid: sha1, checksumType: 'sha' });
  expect(found?.primary.toString()).toContain(checksum);
});

test('locations that lead out of the repository, and bases that lead into this machine, are refused', async () => {
  const at = async (attributes: string) => {
    const packages = [
      primaryPackage(1, { location: `<location ${attributes}/>` }),
      primaryPackage(2),
      primaryPackage(3),
    ];
    return await code({ primary: listing('primary', packages) });
  };
  const bad = [
    '/etc/x.rpm',
    '../x.rpm',
    'a/../../x.rpm',
    'http://evil/x.rpm',
    'a//x',
    'a/./b',
    '%2e%2e/x',
    'a%2f..%2fb',
    'a\\b',
    'a b',
    'x?y',
    'x#y',
    '%00',
    '%zz',
  ];
  for (const href of bad) expect(await at(`href="${href}"`), href).toBe('hostile');
  expect(await at('')).toBe('damaged');
  for (const href of ['x.rpm', 'Packages/g/g++-1:2~rc1^x-1.noarch.rpm', 'a%2Bb.rpm', "p(x)'@=.rpm"])
    expect(await at(`href="${href}"`), href).toBe('3 packages');
  for (const base of ['file:///etc', 'javascript:x', 'relative', '//host/x'])
    expect(await at(`xml:base="${base}" href="x.rpm"`), base).toBe('hostile');
  expect(await at('xml:base="https://host/repo/" href="x.rpm"')).toBe('3 packages');
});

test('a package moved elsewhere says so to dnf, and nothing else changes', async () => {
  const found = await all(readOutside(documents(await stored(original))));
  const base = 'https://example.org/a&b/';
  const moved = found.map((one) => rebase(one, { base, location: `x/${one.location}` }));
  const wanted = (await understood(original)).map((one) => ({ ...one, base, location: `x/${one.location}` }));
  expect(await understood(await compose('moved', moved))).toEqual(wanted);
  const back = moved.map((one, at) => rebase(one, { base: null, location: found[at]?.location ?? '' }));
  expect(await understood(await compose('back', back))).toEqual(await understood(original));
  expect(await all(readOutside(documents(await stored(await compose('once', back)))))).toHaveLength(3);
});

test('unknown elements stay, also those of other namespaces', async () => {
  const packages = [
    primaryPackage(1, { summary: '<summary>s</summary><novel a="b">c</novel><s:x xmlns:s="urn:s">d</s:x>' }),
  ];
  const [found] = await all(readOutsidePrimary(inPieces(listing('primary', packages))));
  expect(found?.primary.toString()).toContain('<novel a="b">c</novel><x0:x xmlns:x0="urn:s">d</x0:x>');
  expect(found).toMatchObject({
    name: 'p1',
    sourceRpm: 'p1-1-1.src.rpm',
    location: 'Packages/p1-1-1.noarch.rpm',
  });
});

test('whatever is changed in a document, it is read or refused with a code', async () => {
  const whole = sample();
  for (const kind of documentKinds) {
    const read = (document: Buffer) => readOrCode(readOutside(documents({ ...whole, [kind]: document })));
    await expectReadOrRefused(Buffer.from(whole[kind]), read, 400);
    await expectReadOrRefused(gzipSync(whole[kind]), read, 100);
  }
});

test('memory stays bounded over a large repository', async () => {
  const packages = [...realisticPackages(5000, 9)].map((one) => [one.member, one.entries] as const);
  const records = await composeFolder(join(dir, 'large'), packages.splice(0));
  const open = (kind: DocumentKind) =>
    createReadStream(join(dir, 'large', records.find(({ type }) => type === kind)?.href ?? ''));
  let found = 0;
  let most = 0;
  const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  for await (const one of readOutside({
    primary: open('primary'),
    filelists: open('filelists'),
    other: open('other'),
  })) {
    found += one.other.length > 0 ? 1 : 0;
    if (found % 500 === 0) most = Math.max(most, used() - before);
  }
  expect(found).toBe(5000);
  expect(most).toBeLessThan(150 * 2 ** 20);
}, 60_000);
