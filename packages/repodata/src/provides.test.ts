import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dependency, formatEvr, parseDependency } from '@moromi/rpm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type FormatLimits,
  type Provider,
  Providers,
  type ProvidingPackage,
  RepodataError,
  readPrimary,
  readProvides,
  readRequires,
} from './index.ts';
import { expectReadOrRefused } from './testing/damaged.ts';
import { all } from './testing/packages.ts';
import { askDnf, askRpm, makeRepository, type Wanted } from './testing/repository.ts';

const SEED = 20261121;
const names = ['a', 'bb', 'cap', 'd-long', 'e', 'e-libs', 'f', 'g'];
const evr = fc
  .tuple(fc.constantFrom('', '', '1:', '2:'), fc.constantFrom('1', '1.0', '1~rc1', '1^git', '2', '10'))
  .map((parts) => parts.join(''));
const release = fc.constantFrom('1', '2', '1.el9', '0.1~x');
const capability = fc.constantFrom(...names, 'cap', 'lib(x)(64bit)', 'perl(A::B)', '/opt/odd');
const provide = fc.oneof(
  capability,
  fc
    .tuple(
      capability.filter((name) => !name.startsWith('/')),
      evr,
      fc.option(release),
    )
    .map(([name, version, rel]) => `${name} = ${version}${rel === null ? '' : `-${rel}`}`),
);
const wanted: fc.Arbitrary<Omit<Wanted, 'name'>> = fc.record({
  evr: fc.tuple(evr, release).map((parts) => parts.join('-')),
  provides: fc.uniqueArray(provide, { maxLength: 4 }),
  files: fc.uniqueArray(fc.constantFrom('/usr/bin/x', '/etc/y y', '/usr/lib/sendmail', '/opt/z', '/sbin/x')),
});
const paths = ['/usr/bin/x', '/usr/lib/sendmail', '/opt/z', '/sbin/x', '/nothing'];
const operator = fc.constantFrom('<', '<=', '=', '>=', '>');
const simple = fc.oneof(
  capability,
  fc.constantFrom(...paths.filter((path) => path !== '/opt/z'), '/etc/y y', 'nothing'),
  fc
    .tuple(
      capability.filter((name) => !name.startsWith('/')),
      operator,
      evr,
      fc.option(release),
    )
    .map(([name, op, version, rel]) => `${name} ${op} ${version}${rel === null ? '' : `-${rel}`}`),
);
const plain = simple.filter((text) => !text.includes('y y'));
const rich = fc
  .tuple(plain, fc.constantFrom('with', 'without'), plain, plain, fc.boolean())
  .map(([a, word, b, c, isDeep]) => (isDeep ? `(${a} ${word} (${b} or ${c}))` : `(${a} ${word} ${b})`));

let dir = '';
let primary = '';
let packages: ProvidingPackage[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-providers-'));
  const made = fc.sample(wanted, { numRuns: 2 * names.length, seed: SEED });
  const named = made.map((one, at) => ({ ...one, name: names[at % names.length] ?? '' }));
  // libsolv finds files in expressions only where some package requires them.
  const asking = { name: 'asking', evr: '1-1', requires: paths };
  primary = await makeRepository(dir, [...named, asking]);
  packages = await all(readProvides(createReadStream(primary)));
}, 60_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

/** Paths may hold spaces in metadata and on dnf's command line, not in a spec. */
function dependencyOf(text: string): Dependency {
  if (text.startsWith('/')) return { kind: 'simple', name: text, operator: null, version: null };
  return parseDependency(text);
}

function nevra({ name, epoch, version, release, arch }: Provider): string {
  return `${name}-${epoch === 0 ? '' : `${epoch}:`}${version}-${release}.${arch}`;
}

test('each package provides what its file says', async () => {
  const wanted = await askRpm(primary);
  const found = packages.map((one) => ({
    name: nevra({ ...one, priority: 0 }),
    sourceRpm: one.sourceRpm,
    provides: one.provides.map(({ name, operator, evr }) =>
      evr ? `${name} ${operator} ${formatEvr(evr)}` : name,
    ),
    files: one.files,
  }));
  const isPrimary = (path: string) => /^\/etc\/|bin\/|^\/usr\/lib\/sendmail$/.test(path);
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  // createrepo_c writes an epoch of 0 that the file does not state, and everything once.
  const plain = (texts: readonly string[]) =>
    [...new Set(texts.map((text) => text.replace(' 0:', ' ')))].sort();
  expect(
    found.map((one) => ({ ...one, provides: plain(one.provides), files: plain(one.files) })).sort(byName),
  ).toEqual(
    wanted
      .map((one) => ({ ...one, provides: plain(one.provides), files: plain(one.files).filter(isPrimary) }))
      .sort(byName),
  );
  expect(found.flatMap(({ files }) => files).length).toBeGreaterThan(10);
});

test('the facts are those that are read without provides', async () => {
  const facts = packages.map(({ provides, files, sourceRpm, ...rest }) => rest);
  expect(await all(readPrimary(createReadStream(primary)))).toEqual(facts);
});

test('dnf finds the same providers, of versions, files, and of "with" and "without"', async () => {
  const texts = fc.sample(fc.oneof({ arbitrary: simple, weight: 2 }, rich), { numRuns: 300, seed: SEED });
  const answers = await askDnf(primary, texts);
  const providers = new Providers();
  for (const one of packages) providers.add(one, 99);
  const found = texts.map((text) => providers.whatProvides(dependencyOf(text)).map(nevra).sort());
  const differing = texts.map((text, at) => ({ text, ours: found[at], dnf: answers[at] }));
  expect(differing.filter(({ ours, dnf }) => JSON.stringify(ours) !== JSON.stringify(dnf))).toEqual([]);
  expect(answers.filter((one) => one.length > 1).length).toBeGreaterThan(40);
  expect(answers.filter((one) => one.length === 0).length).toBeGreaterThan(40);
});

const sha = 'a'.repeat(64);
const head = `<name>a</name><arch>noarch</arch><version epoch="0" ver="1" rel="1"/><checksum type="sha256" pkgid="YES">${sha}</checksum><size package="9"/><location href="Packages/a-1-1.noarch.rpm"/>`;
const formatOf = (inner: string) =>
  `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="1"><package type="rpm">${head}<format>${inner}</format></package></metadata>`;
const entry = (attributes: string) => `<rpm:provides><rpm:entry ${attributes}/></rpm:provides>`;

async function read(
  xml: string | Uint8Array,
  limits: FormatLimits = {},
): Promise<ProvidingPackage | string | undefined> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(xml);
  }
  try {
    return (await all(readProvides(stream(), limits)))[0];
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

test('a provide has a version only with a comparison, and of requires nothing is taken', async () => {
  const inner = `<rpm:requires><rpm:entry name="no"/></rpm:requires><rpm:provides><rpm:entry name="a"/><rpm:entry name="b" ver="1"/><rpm:entry name="c" flags="EQ"/><rpm:entry name="d" flags="GE" epoch="2" ver="1"/><rpm:entry name="e" flags="EQ" ver="1" rel="2"/></rpm:provides><rpm:conflicts><rpm:entry name="no"/></rpm:conflicts>`;
  const none = { operator: null, evr: null };
  expect(await read(formatOf(inner))).toMatchObject({
    provides: [
      { name: 'a', ...none },
      { name: 'b', ...none },
      { name: 'c', ...none },
      { name: 'd', operator: '>=', evr: { epoch: 2, version: '1', release: null } },
      { name: 'e', operator: '=', evr: { epoch: null, version: '1', release: '2' } },
    ],
    files: [],
    sourceRpm: null,
  });
});

test.each([
  ['a-1-1.src.rpm', 'a-1-1.src.rpm'],
  ['<!-- --> a-1-1.nosrc.rpm\n', 'a-1-1.nosrc.rpm'],
  ['', null],
  ['(none)', null],
  ['a-1-1.noarch.rpm', null],
  ['../a-1-1.src.rpm', null],
])('the source %j is %s', async (text, sourceRpm) => {
  const inner = `<rpm:sourcerpm>${text}</rpm:sourcerpm><file>/usr/bin/<!-- -->a</file><file>a.spec</file>`;
  expect(await read(formatOf(inner))).toMatchObject({ sourceRpm, files: ['/usr/bin/a'] });
});

test.each([
  ['hostile', entry('name="a"').repeat(2)],
  ['hostile', '<rpm:sourcerpm>a-1-1.src.rpm</rpm:sourcerpm>'.repeat(2)],
  ['hostile', '</format><format>'],
  ['hostile', '<provides/>'],
  ['hostile', '<sourcerpm>a-1-1.src.rpm</sourcerpm>'],
  ['hostile', '<rpm:file>/usr/bin/a</rpm:file>'],
  ['hostile', '<rpm:provides><entry name="a"/></rpm:provides>'],
  ['damaged', entry('flags="EQ" ver="1"')],
  ['damaged', entry('name=""')],
  ['damaged', entry('name="a" flags="NE" ver="1"')],
  ['damaged', entry('name="a" flags="EQ" ver="1" epoch="x"')],
])('it is %s to say %j', async (code, inner) => {
  expect(await read(formatOf(inner))).toBe(code);
});

test('what one package provides is bounded in number and in characters', async () => {
  const many = formatOf(`<file>/etc/a</file>`.repeat(10));
  expect(await read(many, { entries: 9 })).toBe('too_large');
  expect(await read(many, { characters: 59 })).toBe('too_large');
  expect(await read(many, { entries: 10, characters: 60 })).toMatchObject({ name: 'a' });
  expect(await read(formatOf(entry(`name="${'a'.repeat(100)}"`)), { characters: 99 })).toBe('too_large');
});

test('what a package requires is read where it is asked for, and bounded with the rest', async () => {
  async function* stream(inner: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(formatOf(inner));
  }
  const requires = `<rpm:requires><rpm:entry name="b" flags="GE" epoch="0" ver="1" pre="1"/><rpm:entry name="(c or d)"/></rpm:requires>`;
  const inner = `${entry('name="a"')}${requires}<rpm:recommends><rpm:entry name="no"/></rpm:recommends>`;
  expect(await all(readRequires(stream(inner)))).toMatchObject([
    {
      provides: [{ name: 'a' }],
      requires: [
        { name: 'b', operator: '>=', evr: { epoch: 0, version: '1', release: null } },
        { name: '(c or d)', operator: null, evr: null },
      ],
    },
  ]);
  await expect(all(readRequires(stream(inner), { entries: 2 }))).rejects.toMatchObject({ code: 'too_large' });
  await expect(all(readRequires(stream(requires.repeat(2))))).rejects.toMatchObject({ code: 'hostile' });
  const foreign = requires.replaceAll('rpm:requires', 'requires');
  await expect(all(readRequires(stream(foreign)))).rejects.toMatchObject({ code: 'hostile' });
  expect(await read(formatOf(foreign))).toMatchObject({ name: 'a' });
});

test('whatever is changed in a document, it is read or refused with a code', async () => {
  const inner = `<rpm:sourcerpm>a-1-1.src.rpm</rpm:sourcerpm>${entry('name="a" flags="EQ" ver="1"')}<file>/etc/a</file>`;
  const whole = Buffer.from(formatOf(inner));
  await expectReadOrRefused(whole, (document) => read(document), 100);
});
