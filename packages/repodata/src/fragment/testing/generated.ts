/** Packages that no rpmbuild makes, but rpm reads: their headers say whatever a header can. */
import { SENSE, SIGTAG, TAG, type Tag } from '@moromi/rpm';
import fc from 'fast-check';
import {
  type Entry,
  entry,
  joinPackage,
  typedEntry,
  writeHeader,
  writeLead,
} from '../../../../rpm/src/testing/writer.ts';

/** A package of these tags and those that no package lacks, without a payload. Tags that it has replace the latter. */
export function writtenPackage(said: readonly Entry[], signed: readonly Entry[] = []): Buffer {
  const entries = new Map<number, Entry>();
  for (const one of [...usual, ...said]) entries.set(one.tag, one);
  // What has a source is no source.
  if (entries.has(TAG.SOURCEPACKAGE.number)) entries.delete(TAG.SOURCERPM.number);
  const byTag = [...entries.values()].sort((a, b) => a.tag - b.tag);
  const header = writeHeader(63, byTag);
  const signature = writeHeader(62, [entry(SIGTAG.SIZE, header.length), ...signed]);
  return joinPackage(writeLead(3), signature, header, Buffer.alloc(0));
}

const usual = [
  entry(TAG.HEADERI18NTABLE, ['C']),
  entry(TAG.NAME, 'written'),
  entry(TAG.VERSION, '1'),
  entry(TAG.RELEASE, '1'),
  entry(TAG.LICENSE, 'MIT'),
  entry(TAG.OS, 'linux'),
  entry(TAG.ARCH, 'noarch'),
  entry(TAG.SOURCERPM, 'written-1-1.src.rpm'),
  entry(TAG.PAYLOADFORMAT, 'cpio'),
];

/** Strings as bytes, in whatever encoding. */
export function strings(tag: Tag, values: readonly Uint8Array[], type = 8): Entry {
  const data = Buffer.concat(values.flatMap((value) => [value, Buffer.from([0])]));
  return { tag: tag.number, type, count: values.length, data };
}

const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const latin = [0xe9, 0xff].map((byte) => Buffer.from([byte]));
/** Bytes that are not read where the text is no UTF-8. */
const dropped = [0x80, 0xab].map((byte) => Buffer.from([byte]));
/** All that XML can say, and bytes that are not UTF-8. */
const pieces = [
  ...bytes('word', ' ', '  ', 'x', '&', '<', '>', '"', "'", '\t', '\n', '\r', ']]>', '&amp;', '\x7f'),
  ...bytes('é', '€', '\u{1f600}', '\u0085', '\u00ad', '\u2028', '\ufeff', '\ufffd', '\u{10ffff}'),
  ...latin,
];
const text = fc.array(fc.constantFrom(...pieces, ...dropped), { maxLength: 8 }).map(Buffer.concat);
/** createrepo_c decides by bytes that it then drops which names and versions are equal or empty. */
const name = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map(Buffer.concat);

const dependencyName = fc.oneof(
  fc.constantFrom(
    ...bytes('a', 'b', 'written', '/etc/x', '/opt/x', '/usr/bin/x', '', 'rpmlib(X)', '(a or b)'),
  ),
  fc.constantFrom(
    ...bytes(
      'libc.so.6',
      'libc.so.6()',
      'libc.so.6()(64bit)',
      'libc.so.6(GLIBC_2.9)',
      'libc.so.6(GLIBC_2.10)(64bit)',
    ),
    ...bytes(
      'libc.so.6(GLIBC_2.10)',
      'libc.so.6(GLIBC_PRIVATE)',
      'libc.so.6(X)(64bit)',
      'libc.so.6(1.',
      'libc.so.6x(2)',
    ),
  ),
  name,
);
const dependencyVersion = fc.oneof(
  fc.constantFrom(
    ...bytes(
      '',
      '1',
      '1-2',
      '1:2-3',
      '0:1',
      ':1',
      'x:1',
      ' 1:2',
      '+1:2',
      '1 :2',
      '\t1:2',
      '1:',
      '1:-2',
      '-',
      '1-',
    ),
    ...bytes('1-2-3', '1:2:3', '1-2:3', '00:1', '1~a^b', '1:2-3-', '::'),
  ),
  name,
);
const flags = fc.oneof(
  fc.nat({ max: 15 }),
  fc
    .tuple(
      fc.nat({ max: 15 }),
      fc.constantFrom(
        ...[SENSE.PREREQ, SENSE.SCRIPT_PRE, SENSE.SCRIPT_POST, SENSE.SCRIPT_PREUN, SENSE.SCRIPT_POSTUN],
        ...[SENSE.PRETRANS, SENSE.POSTTRANS, SENSE.MISSINGOK, SENSE.STRONG, SENSE.RPMLIB, SENSE.CONFIG],
      ),
    )
    .map(([low, high]) => low | high),
);

const kinds = ['PROVIDE', 'REQUIRE', 'CONFLICT', 'OBSOLETE', 'RECOMMEND', 'SUGGEST', 'SUPPLEMENT'] as const;
const dependencies = fc
  .tuple(
    fc.constantFrom(...kinds, 'PROVIDE', 'REQUIRE', 'ENHANCE', 'OLDSUGGESTS', 'OLDENHANCES'),
    fc.array(fc.tuple(dependencyName, flags, dependencyVersion), { minLength: 1, maxLength: 14 }),
  )
  .map(([kind, list]) => [
    strings(
      TAG[`${kind}NAME`],
      list.map(([name]) => name),
    ),
    entry(
      TAG[`${kind}FLAGS`],
      list.map(([, bits]) => bits),
    ),
    strings(
      TAG[`${kind}VERSION`],
      list.map(([, , version]) => version),
    ),
  ]);

const folders = bytes('/etc/', '/opt/', '/usr/bin/', '/usr/lib/', '/', '/x/bin', '', '/é/sbin/&/');
const file = fc.record({
  folder: fc.nat({ max: folders.length - 1 }),
  name: fc.oneof(fc.constantFrom(...bytes('x', 'sendmail', '', '/bin/x', 'bin/')), text),
  mode: fc.constantFrom(0o100644, 0o040755, 0o120777, 0o010644, 0o060600),
  flags: fc.constantFrom(0, 1, 2, 1 << 6, (1 << 6) | 1, 1 << 12),
});
const files = fc.array(file, { minLength: 1, maxLength: 12 }).map((list) => {
  // rpm reads no files where there are more folders than files.
  const used = [...new Set(list.map(({ folder }) => folder))];
  return [
    strings(
      TAG.DIRNAMES,
      used.map((at) => folders[at] ?? Buffer.alloc(0)),
    ),
    strings(
      TAG.BASENAMES,
      list.map(({ name }) => name),
    ),
    entry(
      TAG.DIRINDEXES,
      list.map(({ folder }) => used.indexOf(folder)),
    ),
    typedEntry(
      TAG.FILEMODES.number,
      3,
      list.map(({ mode }) => mode),
    ),
    entry(
      TAG.FILEFLAGS,
      list.map((one) => one.flags),
    ),
  ];
});

const time = fc.constantFrom(0, 5, 6, 7, 8, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1);
/** Bytes that are dropped do not follow spaces at the end: there createrepo_c keeps the spaces. */
const author = fc
  .tuple(text, fc.constantFrom(...bytes('x', 'x  ', ' x <j@example.org> ')))
  .map(Buffer.concat);
const changelog = fc.array(fc.tuple(time, author, text), { minLength: 1, maxLength: 14 }).map((list) => [
  entry(
    TAG.CHANGELOGTIME,
    list.map(([when]) => when),
  ),
  strings(
    TAG.CHANGELOGNAME,
    list.map(([, who]) => who),
  ),
  strings(
    TAG.CHANGELOGTEXT,
    list.map(([, , what]) => what),
  ),
]);

const fact = fc
  .constantFrom(
    ...[
      TAG.SUMMARY,
      TAG.DESCRIPTION,
      TAG.URL,
      TAG.PACKAGER,
      TAG.VENDOR,
      TAG.LICENSE,
      TAG.GROUP,
      TAG.BUILDHOST,
    ],
  )
  .chain((tag) => {
    const many = tag.kind === 'i18n' ? 3 : 1;
    return fc
      .array(text, { minLength: 1, maxLength: many })
      .map((values) => [strings(tag, values, tag.kind === 'i18n' ? 9 : 6)]);
  });
const number = fc.oneof(
  fc.tuple(fc.constantFrom(TAG.SIZE, TAG.ARCHIVESIZE, TAG.BUILDTIME, TAG.EPOCH), fc.nat()),
  fc.tuple(fc.constant(TAG.LONGSIZE), fc.maxSafeNat()),
);
const numbers = number.map(([tag, value]) => [typedEntry(tag.number, tag === TAG.LONGSIZE ? 5 : 4, value)]);
const source = fc.constant([typedEntry(TAG.SOURCEPACKAGE.number, 4, 1)]);

const signed = fc.constantFrom<Entry[][]>(
  [],
  [entry(SIGTAG.PAYLOADSIZE, 77)],
  [typedEntry(SIGTAG.LONGARCHIVESIZE.number, 5, 5_000_000_000)],
);

/** Bytes of packages. */
export const oddPackage = fc
  .tuple(
    fc.array(fc.oneof(dependencies, dependencies, files, changelog, fact, fact, numbers, source), {
      maxLength: 12,
    }),
    signed,
  )
  .map(([parts, signatures]) => {
    const said = parts.flat();
    // rpm refuses a package that says it twice.
    const twice = said.some(({ tag }) => tag === TAG.ARCHIVESIZE.number);
    return writtenPackage(said, twice ? [] : signatures);
  });
