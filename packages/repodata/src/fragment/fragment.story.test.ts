import { createHash } from 'node:crypto';
import { parseHeaders, RpmError, SIGTAG, TAG } from '@moromi/rpm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cpuMilliseconds } from '../../../rpm/src/testing/cpu.ts';
import { type Entry, entry, typedEntry } from '../../../rpm/src/testing/writer.ts';
import { RepodataError } from '../errors.ts';
import { entries, type PackageEntries, type Placement } from './entries.ts';
import { type Fragment, type FragmentOptions, fragmentOf } from './fragment.ts';
import { oddPackage, strings, writtenPackage } from './testing/generated.ts';
import { realisticHeaders } from './testing/headers.ts';
import { treeOf } from './testing/tree.ts';

const seed = 20261122;
const placement: Placement = {
  sha256: createHash('sha256').update('file').digest('hex'),
  size: 5_000_000_000,
  headerRange: { start: 280, end: 1000 },
  fileTime: 1_760_000_000,
  location: 'Packages/w/written-1-1.noarch.rpm',
};

function fragmentFrom(bytes: Buffer, options?: FragmentOptions): Fragment {
  const parsed = parseHeaders(bytes);
  if (!parsed.complete) throw new RpmError('truncated', 'The package is cut.');
  return fragmentOf(parsed.headers, options);
}

function written(...said: Entry[]): Fragment {
  return fragmentFrom(writtenPackage(said));
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'taken';
  } catch (error) {
    if (error instanceof RepodataError || error instanceof RpmError) return error.code;
    throw error;
  }
}

function expectXml({ primary, filelists, other }: PackageEntries): void {
  treeOf(primary.toString().replace('<package ', '<package xmlns:rpm="http://linux.duke.edu/metadata/rpm" '));
  for (const one of [filelists, other]) treeOf(one.toString());
}

const texts = (...values: string[]) => values.map((value) => Buffer.from(value));

test('a character that XML cannot say is left out of prose, and a name that has one is refused', () => {
  const prose = written(
    strings(TAG.SUMMARY, texts('a\x0cb\x01\ufffec\td'), 9),
    entry(TAG.CHANGELOGTIME, [5]),
    strings(TAG.CHANGELOGNAME, texts('who\x1b')),
    strings(TAG.CHANGELOGTEXT, texts('\x02what\uffff')),
  );
  expect(prose.primary.toString()).toContain('<summary>abc\td</summary>');
  expect(prose.other.toString()).toContain('<changelog author="who" date="5">what</changelog>');
  const named = (...said: Entry[]) => codeOf(() => written(...said));
  expect(named(strings(TAG.PROVIDENAME, texts('fine', 'a\x01')))).toBe('hostile');
  expect(named(strings(TAG.REQUIRENAME, texts('a')), strings(TAG.REQUIREVERSION, texts('1\x7f\ufffe')))).toBe(
    'hostile',
  );
  const path = [strings(TAG.BASENAMES, texts('a\x08')), entry(TAG.DIRINDEXES, [0])];
  expect(named(strings(TAG.DIRNAMES, texts('/')), ...path)).toBe('hostile');
});

test('headers that contradict themselves are refused', () => {
  const name = strings(TAG.PROVIDENAME, texts('a', 'b'));
  const file = strings(TAG.BASENAMES, texts('a', 'b'));
  const folder = strings(TAG.DIRNAMES, texts('/'));
  const inFolder = entry(TAG.DIRINDEXES, [0, 0]);
  const change = entry(TAG.CHANGELOGTIME, [1, 2]);
  const refused: Record<string, Entry[]> = {
    'fewer flags than names': [name, entry(TAG.PROVIDEFLAGS, [8])],
    'fewer versions than names': [name, strings(TAG.PROVIDEVERSION, texts('1'))],
    'a folder that is not listed': [file, folder, entry(TAG.DIRINDEXES, [0, 1])],
    'no folders': [file],
    'fewer places than files': [file, folder, entry(TAG.DIRINDEXES, [0])],
    'fewer modes than files': [file, folder, inFolder, typedEntry(TAG.FILEMODES.number, 3, [0])],
    'fewer authors than changes': [
      change,
      strings(TAG.CHANGELOGNAME, texts('a')),
      strings(TAG.CHANGELOGTEXT, texts('a', 'b')),
    ],
    'numbers for a text': [entry(TAG.BUILDTIME, 1), typedEntry(TAG.SUMMARY.number, 4, [1])],
  };
  for (const [what, said] of Object.entries(refused))
    expect(
      codeOf(() => written(...said)),
      what,
    ).toBe('damaged');
  expect(codeOf(() => written(typedEntry(TAG.BUILDTIME.number, 4, [1, 2])))).toBe('header_damaged');
  expect(codeOf(() => written(strings(TAG.NAME, texts('../x'), 6)))).toBe('bad_nevra');
  expect(codeOf(() => written(name, file, folder, inFolder))).toBe('taken');
});

test('as many changes are told as are wanted, the newest', () => {
  const numbers = Array.from({ length: 30 }, (_, at) => at);
  const bytes = writtenPackage([
    entry(
      TAG.CHANGELOGTIME,
      numbers.map((at) => 1000 - at),
    ),
    ...[TAG.CHANGELOGNAME, TAG.CHANGELOGTEXT].map((tag) =>
      entry(
        tag,
        numbers.map((at) => `${at}`),
      ),
    ),
  ]);
  const told = (options?: FragmentOptions) =>
    [
      ...fragmentFrom(bytes, options)
        .other.toString()
        .matchAll(/author="(\d+)"/g),
    ].map(([, at]) => Number(at));
  expect(told()).toEqual(numbers.slice(0, 10).reverse());
  expect(told({ changelogLimit: 3 })).toEqual([2, 1, 0]);
  expect(told({ changelogLimit: 0 })).toEqual([]);
  expect(told({ changelogLimit: Number.POSITIVE_INFINITY })).toEqual(numbers.toReversed());
});

test('what signs a package changes nothing of its fragment, only of what fills it', () => {
  const said = [entry(TAG.SUMMARY, 's')];
  const plain = fragmentFrom(writtenPackage(said, [entry(SIGTAG.PAYLOADSIZE, 7)]));
  const signature = entry(SIGTAG.RSA, Buffer.alloc(300, 1));
  const signed = fragmentFrom(writtenPackage(said, [entry(SIGTAG.PAYLOADSIZE, 7), signature]));
  expect(signed).toEqual(plain);
  const moved = { ...placement, size: 1, headerRange: { start: 8, end: 9 }, fileTime: 2, location: 'x.rpm' };
  expect(entries(signed, moved).primary.toString()).toBe(
    entries(plain, placement)
      .primary.toString()
      .replace('package="5000000000"', 'package="1"')
      .replace('start="280" end="1000"', 'start="8" end="9"')
      .replace('file="1760000000"', 'file="2"')
      .replace(placement.location, 'x.rpm'),
  );
});

test('an address is spelled as XML, below its base', () => {
  const location = 'a&b/"c" é.rpm';
  const base = 'https://example.org/?x=<1>&y';
  const made = entries(written(), { ...placement, location, base }).primary.toString();
  const tree = treeOf(made.replace('<package ', '<package xmlns:rpm="r" '));
  const found = tree.inside.find(({ name }) => name.endsWith('location'));
  expect(found?.attributes).toEqual({ href: location, 'xml:base': base });
  expect(made).toContain('<location xml:base="');
});

test('a placement that no file can have is refused', () => {
  const refused: Partial<Placement>[] = [
    { sha256: 'A'.repeat(64) },
    { sha256: '' },
    { size: -1 },
    { size: 1.5 },
    { fileTime: Number.NaN },
    { headerRange: { start: 0, end: 2 ** 60 } },
    { location: '' },
    { location: 'a\0b' },
    { location: 'a\nb' },
    { location: '\ud800' },
    { base: '' },
  ];
  for (const one of refused)
    expect(
      codeOf(() => entries(written(), { ...placement, ...one })),
      JSON.stringify(one),
    ).toBe('damaged');
});

test('filelists-ext has the digests of the files where they are wanted, as createrepo_c 1.2 writes it', () => {
  const digest = createHash('sha256').update('').digest('hex');
  const bytes = writtenPackage([
    strings(TAG.DIRNAMES, texts('/usr/bin/', '/var/')),
    strings(TAG.BASENAMES, texts('tool', 'log', 'gone')),
    entry(TAG.DIRINDEXES, [0, 1, 1]),
    typedEntry(TAG.FILEMODES.number, 3, [0o100755, 0o040755, 0o100644]),
    entry(TAG.FILEFLAGS, [0, 0, 1 << 6]),
    strings(TAG.FILEDIGESTS, texts(digest, '', digest)),
    entry(TAG.FILEDIGESTALGO, 8),
  ]);
  expect(entries(fragmentFrom(bytes), placement).filelistsExt).toBeUndefined();
  const made = entries(fragmentFrom(bytes, { fileDigests: true }), placement);
  expect(
    made.filelistsExt?.toString(),
  ).toBe(`<package pkgid="${placement.sha256}" name="written" arch="noarch">
  <version epoch="0" ver="1" rel="1"/>
  <checksum type="sha256"/>
  <file hash="${digest}">/usr/bin/tool</file>
  <file type="dir">/var/log</file>
  <file type="ghost" hash="${digest}">/var/gone</file>
</package>
`);
  const none = entries(fragmentFrom(writtenPackage([]), { fileDigests: true }), placement);
  expect(none.filelistsExt?.toString()).toContain('<checksum type="unknown"/>\n</package>\n');
});

test('whatever was changed in a header, its entries are XML or it is refused with a code', () => {
  const samples = [realisticHeaders(1), ...fc.sample(oddPackage, { numRuns: 20, seed })];
  const change = fc.record({
    sample: fc.nat(samples.length - 1),
    changes: fc.array(fc.record({ at: fc.nat(10_000), to: fc.nat(255) }), { minLength: 1, maxLength: 6 }),
  });
  const results = new Map<string, number>();
  fc.assert(
    fc.property(change, ({ sample, changes }) => {
      const bytes = Buffer.from(samples[sample] ?? '');
      for (const { at, to } of changes) bytes[at % bytes.length] = to;
      const result = codeOf(() => expectXml(entries(fragmentFrom(bytes, { fileDigests: true }), placement)));
      results.set(result, (results.get(result) ?? 0) + 1);
    }),
    { seed, numRuns: 2000, examples: [[{ sample: 0, changes: [{ at: 200, to: 0 }] }]] },
  );
  for (const result of ['taken', 'hostile', 'header_damaged']) expect([...results.keys()]).toContain(result);
});

test('the largest packages are told in the time that their size asks for', () => {
  const many = Array.from({ length: 50_000 }, (_, at) => `/etc/folder-${at % 100}/name-${at}`);
  const bytes = writtenPackage([
    entry(
      TAG.DIRNAMES,
      Array.from({ length: 100 }, (_, at) => `/etc/folder-${at}/`),
    ),
    entry(
      TAG.BASENAMES,
      many.map((_, at) => `name-${at}`),
    ),
    entry(
      TAG.DIRINDEXES,
      many.map((_, at) => at % 100),
    ),
    entry(TAG.REQUIRENAME, [...many, ...Array<string>(50_000).fill('same')]),
    entry(TAG.REQUIREFLAGS, Array<number>(100_000).fill(8)),
    entry(
      TAG.REQUIREVERSION,
      [...many, ...many].map((_, at) => `${at % 5}`),
    ),
    entry(TAG.PROVIDENAME, Array<string>(50_000).fill('same')),
    entry(TAG.CHANGELOGTIME, Array<number>(50_000).fill(7)),
    entry(TAG.CHANGELOGNAME, Array<string>(50_000).fill('who')),
    entry(TAG.CHANGELOGTEXT, Array<string>(50_000).fill('what')),
  ]);
  const options = { changelogLimit: Number.POSITIVE_INFINITY };
  // Typically 1 s.
  expect(cpuMilliseconds(() => fragmentFrom(bytes, options))).toBeLessThan(10_000);
});

test('what is larger than any package is refused before it is written', () => {
  const [offered, replaced] = [TAG.PROVIDENAME, TAG.OBSOLETENAME].map((tag) =>
    entry(tag, Array<string>(250_000).fill('a'.repeat(50))),
  );
  if (offered === undefined || replaced === undefined) throw new Error('no entries');
  expect(codeOf(() => written(offered, replaced))).toBe('too_large');
  expect(codeOf(() => written(entry(TAG.DESCRIPTION, 'x'.repeat(2 ** 24))))).toBe('too_large');
  const paths = [
    strings(TAG.DIRNAMES, texts(`/${'d'.repeat(4000)}/`)),
    entry(TAG.BASENAMES, Array<string>(9000).fill('a')),
    entry(TAG.DIRINDEXES, Array<number>(9000).fill(0)),
  ];
  expect(codeOf(() => written(...paths))).toBe('too_large');
});
