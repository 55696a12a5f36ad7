import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type FilelistsLimits, type FoundPaths, RepodataError, readFilelists } from './index.ts';
import { expectReadOrRefused } from './testing/damaged.ts';
import { all } from './testing/packages.ts';

const id = (digit: string) => digit.repeat(64);
const file = (path: string, more = '') => `<file${more}>${path}</file>`;
const pkg = (digit: string, ...inner: string[]) =>
  `<package pkgid="${id(digit)}" name="x" arch="noarch"><version epoch="0" ver="1" rel="1"/>\n${inner.join('\n')}</package>`;
const listing = (packages: string, count = 1) =>
  `<?xml version="1.0" encoding="UTF-8"?><filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="${count}">${packages}</filelists>`;

async function read(
  xml: string | Uint8Array,
  wanted = ['/opt/a', '/opt/b b'],
  limits: FilelistsLimits = {},
): Promise<FoundPaths[] | string> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(xml);
  }
  try {
    return await all(readFilelists(stream(), new Set(wanted), limits));
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

test('of each package the wanted paths are found, be they files, folders or ghosts', async () => {
  const xml = listing(
    pkg('a', file('/opt/a'), file('/opt/other')) +
      pkg('b', file('/opt/othre')) +
      pkg('c', file('/opt/<!-- -->b b', ' type="dir"'), file('/opt/a', ' type="ghost"')) +
      pkg('d'),
    4,
  );
  const found = [
    { sha256: id('a'), paths: ['/opt/a'] },
    { sha256: id('c'), paths: ['/opt/b b', '/opt/a'] },
  ];
  expect(await read(xml)).toEqual(found);
  expect(await read(gzipSync(xml))).toEqual(found);
  expect(await read(xml, [])).toEqual([]);
});

test.each([
  ['damaged', 'a document that is none', '<html/>'],
  ['damaged', 'primary metadata', listing(pkg('a')).replace('/filelists"', '/common"')],
  ['damaged', 'fewer packages than announced', listing(pkg('a'), 2)],
  ['damaged', 'more packages than announced', listing(pkg('a') + pkg('b'), 1)],
  ['damaged', 'a package without an id', listing(pkg('a').replace('pkgid', 'id'))],
  ['damaged', 'an id that is none', listing(pkg('a').replace('aaa', 'xxx'))],
  ['damaged', 'a cut document', listing(pkg('a')).slice(0, -9)],
  ['hostile', 'a foreign file', listing(pkg('a', '<x:file xmlns:x="urn:x">/opt/a</x:file>'))],
  ['hostile', 'a foreign package', listing(`<x:package xmlns:x="urn:x" pkgid="${id('a')}"/>`)],
  ['hostile', 'something else than packages', listing(`<thing pkgid="${id('a')}"/>`)],
  ['hostile', 'a document type', listing(pkg('a')).replace('<filelists', '<!DOCTYPE x><filelists')],
])('it is %s to be %s', async (code, _, xml) => {
  expect(await read(xml)).toBe(code);
});

test('what it unpacks to, and how often a package has what is wanted, is bounded', async () => {
  const many = gzipSync(listing(pkg('a', file('/opt/a').repeat(1000))));
  expect(await read(many, ['/opt/a'], { unpacked: 1000 })).toBe('too_large');
  expect(await read(many, ['/opt/a'], { entries: 999 })).toBe('too_large');
  expect(await read(many, ['/opt/b'], { entries: 1 })).toEqual([]);
});

test('whatever is changed in a document, it is read or refused with a code', async () => {
  const whole = Buffer.from(listing(pkg('a', file('/opt/a')) + pkg('b', file('/opt/b b')), 2));
  await expectReadOrRefused(whole, (document) => read(document), 150);
});
