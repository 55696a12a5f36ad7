import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RepodataError, readPrimary, readRepomd } from './index.ts';
import { all } from './testing/packages.ts';

const sha = 'a'.repeat(64);
const repo = 'xmlns="http://linux.duke.edu/metadata/repo"';
const common = 'xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm"';
const data = (inner = '') =>
  `<data type="primary"><checksum type="sha256">${sha}</checksum><location href="repodata/x-primary.xml.gz"/><size>5</size>${inner}</data>`;
const repomd = (inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<repomd ${repo}><revision>1</revision>${inner}</repomd>`;
const facts = {
  name: '<name>a</name>',
  arch: '<arch>noarch</arch>',
  version: '<version epoch="0" ver="1" rel="1"/>',
  checksum: `<checksum type="sha256" pkgid="YES">${sha}</checksum>`,
  size: '<size package="9" installed="1" archive="1"/>',
  location: '<location href="Packages/a-1-1.noarch.rpm"/>',
};
const one = (changed: Partial<typeof facts> = {}) =>
  `<package type="rpm">${Object.values({ ...facts, ...changed }).join('\n')}<format><rpm:provides/></format></package>`;
const primary = (packages: string, count = 1, head = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>${head}<metadata ${common} packages="${count}">${packages}</metadata>`;

async function* stream(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield typeof text === 'string' ? Buffer.from(text) : text;
}

async function codeOf(text: string | Uint8Array, unpacked?: number): Promise<string> {
  try {
    const found = await all(readPrimary(stream(text), unpacked === undefined ? {} : { unpacked }));
    return `${found.length} packages`;
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

function repomdCode(text: string | Uint8Array): string {
  try {
    return `${readRepomd(text).records.length} records`;
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

test('the plain form of these samples is read', async () => {
  expect(repomdCode(repomd(data()))).toBe('1 records');
  expect(await codeOf(primary(one()))).toBe('1 packages');
});

test('document types and entities are refused before they mean anything', async () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>';
  expect(await codeOf(primary(one({ name: '<name>&b;</name>' }), 1, bomb))).toBe('hostile');
  expect(await codeOf(primary(one(), 1, '<!DOCTYPE x SYSTEM "file:///etc/passwd">'))).toBe('hostile');
  expect(await codeOf(primary(one({ name: '<name>&b;</name>' })))).toBe('damaged');
  expect(repomdCode(`<!DOCTYPE repomd>${repomd(data())}`)).toMatch(/hostile|damaged/);
  expect(repomdCode(repomd(`<?php run?>${data()}`))).toBe('hostile');
});

test('what two readers could understand differently is refused', async () => {
  expect(await codeOf(primary(one({ checksum: facts.checksum + facts.checksum })))).toBe('hostile');
  expect(await codeOf(primary(one({ location: facts.location.repeat(2) })))).toBe('hostile');
  expect(await codeOf(primary(`<x:package xmlns:x="urn:x" type="rpm"/>${one()}`))).toBe('hostile');
  expect(await codeOf(primary(one({ name: `<x:name xmlns:x="urn:x">b</x:name>${facts.name}` })))).toBe(
    'hostile',
  );
  expect(repomdCode(repomd(data() + data()))).toBe('hostile');
  expect(repomdCode(repomd(data('<size>6</size>')))).toBe('hostile');
});

test('locations that lead out of the repository are refused', async () => {
  const hrefs = [
    '/etc/passwd',
    '../x.rpm',
    'Packages/../../x.rpm',
    'http://evil/x.rpm',
    'Packages//x',
    'a/./b',
    '-x',
    'a%2f..%2fb',
    'a\\b',
    '',
  ];
  for (const href of hrefs) {
    expect(await codeOf(primary(one({ location: `<location href="${href}"/>` }))), href).toMatch(
      /hostile|damaged/,
    );
    expect(repomdCode(repomd(data().replace(/href="[^"]*"/, `href="${href}"`))), href).toMatch(
      /hostile|damaged/,
    );
  }
  const based = '<location xml:base="http://evil/" href="Packages/a-1-1.noarch.rpm"/>';
  expect(await codeOf(primary(one({ location: based })))).toBe('hostile');
});

test('packages that lack a fact, and a wrong count, are refused', async () => {
  for (const fact of Object.keys(facts))
    expect(await codeOf(primary(one({ [fact]: '' }))), fact).toBe('damaged');
  expect(await codeOf(primary(one(), 2))).toBe('damaged');
  expect(await codeOf(primary(one() + one(), 1))).toBe('damaged');
  expect(await codeOf(primary(one({ size: '<size package="-1"/>' })))).toBe('damaged');
  expect(await codeOf(primary(one({ size: '<size package="99999999999999999999"/>' })))).toBe('damaged');
  expect(await codeOf(primary(one({ checksum: `<checksum type="md5" pkgid="YES">${sha}</checksum>` })))).toBe(
    'damaged',
  );
  expect(await codeOf(primary(one({ name: '<name>a b</name>' })))).toBe('damaged');
});

test('cut, garbled and foreign documents are damaged', async () => {
  const packed = gzipSync(primary(one()));
  expect(await codeOf(packed.subarray(0, packed.length - 12))).toBe('damaged');
  expect(await codeOf('')).toBe('damaged');
  expect(await codeOf(Buffer.from([0x1f, 0x8b, 0, 0, 0]))).toBe('damaged');
  expect(await codeOf(Buffer.from(primary(one({ name: '<name>\u00e9</name>' })), 'latin1'))).toBe('damaged');
  expect(await codeOf(`<html>${'x'.repeat(100)}</html>`)).toBe('damaged');
  expect(await codeOf(primary(one()).replace('UTF-8', 'UTF-16'))).toBe('hostile');
});

test('size is bounded: unpacked, in depth, in one text', async () => {
  const big = `<description>${'x'.repeat(3_000_000)}</description>`;
  expect(await codeOf(primary(one({ name: facts.name + big })))).toBe('too_large');
  expect(
    await codeOf(gzipSync(primary(one({ name: `${facts.name}<!--${' '.repeat(100_000)}-->` }))), 50_000),
  ).toBe('too_large');
  expect(await codeOf(primary(one({ name: `${facts.name}${'<a>'.repeat(100)}${'</a>'.repeat(100)}` })))).toBe(
    'hostile',
  );
  expect(repomdCode(repomd(data() + ' '.repeat(2_000_000)))).toBe('too_large');
});

test('whatever is changed in a document, it is read or refused with a code', async () => {
  const whole = Buffer.from(primary(one() + one({ name: '<name>b</name>' }), 2));
  const root = Buffer.from(repomd(data()));
  const change = fc.record({
    at: fc.nat(whole.length - 1),
    to: fc.uint8Array({ maxLength: 4 }),
    drop: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      let first: Buffer = whole;
      let second: Buffer = root;
      for (const { at, to, drop } of changes) {
        first = Buffer.concat([first.subarray(0, at), to, first.subarray(at + drop)]);
        second = Buffer.concat([second.subarray(0, at), to, second.subarray(at + drop)]);
      }
      const codes = /^(damaged|hostile|too_large|\d+ (packages|records))$/;
      expect(await codeOf(first)).toMatch(codes);
      expect(repomdCode(second)).toMatch(codes);
    }),
    { numRuns: 300 },
  );
});

test('memory stays bounded over a large document', async () => {
  const count = 20_000;
  async function* large(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(primary('', count).replace('</metadata>', ''));
    for (let at = 0; at < count; at += 100) yield Buffer.from(one().repeat(100));
    yield Buffer.from('</metadata>');
  }
  let found = 0;
  let most = 0;
  const before = process.memoryUsage().heapUsed;
  for await (const { size } of readPrimary(large())) {
    found += size > 0 ? 1 : 0;
    if (found % 2000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
  }
  expect(found).toBe(count);
  expect(most).toBeLessThan(100 * 2 ** 20);
}, 60_000);
