/**
 * Packages whose headers say as much as those of distributions do: about 22 files, 25 dependencies and 10 changelog
 * entries. They have no payload.
 *
 * Invariant: what a package says is a function of its number.
 */
import { createHash } from 'node:crypto';
import { SENSE, SIGTAG, TAG } from '@moromi/rpm';
import {
  type Entry,
  entry,
  joinPackage,
  typedEntry,
  writeHeader,
  writeLead,
} from '../../../../rpm/src/testing/writer.ts';
import { Chance, people, sentence, words } from '../../testing/chance.ts';

/** The bytes of the package, up to the end of its header. */
export function realisticHeaders(number: number): Buffer {
  const chance = new Chance(number);
  const name = `${chance.of(words)}-${chance.often(words)}${number.toString(36)}`;
  const version = `${chance.below(9)}.${chance.below(40)}.${chance.below(20)}`;
  const evr = `${version}-${1 + chance.below(30)}.el9`;
  const header = writeHeader(63, [
    entry(TAG.HEADERI18NTABLE, ['C']),
    entry(TAG.NAME, name),
    entry(TAG.VERSION, version),
    entry(TAG.RELEASE, evr.slice(version.length + 1)),
    entry(TAG.SUMMARY, sentence(chance, 6)),
    entry(TAG.DESCRIPTION, Array.from({ length: 3 }, () => `${sentence(chance, 12)}.`).join('\n')),
    entry(TAG.BUILDTIME, 1_760_000_000 + chance.below(10_000_000)),
    entry(TAG.BUILDHOST, `builder-${chance.below(60)}.example.org`),
    entry(TAG.SIZE, 20_000 + chance.below(3_000_000)),
    entry(TAG.VENDOR, 'Example Project'),
    entry(TAG.LICENSE, chance.of(['MIT', 'GPL-2.0-or-later AND LGPL-2.1-or-later', 'Apache-2.0'])),
    entry(TAG.PACKAGER, 'Example Project <packagers@example.org>'),
    entry(TAG.GROUP, 'Unspecified'),
    entry(TAG.URL, `https://${chance.often(words)}.example.org/${name}`),
    entry(TAG.OS, 'linux'),
    entry(TAG.ARCH, 'x86_64'),
    entry(TAG.SOURCERPM, `${name}-${evr}.src.rpm`),
    ...filesOf(chance, name),
    ...dependenciesOf(chance, name, evr),
    ...changelogOf(chance, version),
    entry(TAG.RPMVERSION, '4.18.0'),
    entry(TAG.PAYLOADFORMAT, 'cpio'),
    entry(TAG.PAYLOADCOMPRESSOR, 'zstd'),
    entry(TAG.PAYLOADFLAGS, '19'),
    entry(TAG.FILEDIGESTALGO, 8),
    entry(TAG.ENCODING, 'utf-8'),
  ]);
  const signature = writeHeader(62, [
    entry(SIGTAG.SHA256, createHash('sha256').update(header).digest('hex')),
    entry(SIGTAG.SIZE, header.length),
    entry(SIGTAG.PAYLOADSIZE, 20_000 + chance.below(3_000_000)),
    entry(SIGTAG.RESERVEDSPACE, Buffer.alloc(4128)),
  ]);
  return joinPackage(writeLead(3), signature, header, Buffer.alloc(0));
}

function filesOf(chance: Chance, name: string): Entry[] {
  const folders = [
    '/usr/bin/',
    '/usr/lib/.build-id/',
    '/usr/share/doc/',
    `/usr/share/doc/${name}/`,
    `/usr/share/licenses/${name}/`,
    '/usr/share/man/man1/',
    `/usr/lib64/${name}/`,
    `/usr/share/${name}/${chance.often(words)}/`,
  ];
  const files = Array.from({ length: 17 + chance.below(11) }, (_, at) => {
    const folder = at < folders.length ? at : 3 + chance.below(folders.length - 3);
    const isFolder = folder === 2 || at % 7 === 6;
    const word = `${chance.often(words)}${chance.next() < 0.3 ? `_${chance.often(words)}` : ''}`;
    const ending = isFolder ? '' : chance.of(['', '.so', '.py', '.html', '.xml', '.gz']);
    return { folder, isFolder, name: folder < 3 ? name : word + ending };
  });
  const texts = (of: (file: (typeof files)[number]) => string) => files.map(of);
  const digest = () => chance.hex(64);
  return [
    typedEntry(
      TAG.FILEMODES.number,
      3,
      files.map((file) => (file.isFolder ? 0o040755 : 0o100644)),
    ),
    ...[TAG.FILESIZES, TAG.FILEMTIMES].map((tag) => entry(tag, Array<number>(files.length).fill(1e9))),
    entry(
      TAG.FILEDIGESTS,
      texts((file) => (file.isFolder ? '' : digest())),
    ),
    entry(
      TAG.FILELINKTOS,
      texts(() => ''),
    ),
    entry(TAG.FILEFLAGS, Array<number>(files.length).fill(0)),
    ...[TAG.FILEUSERNAME, TAG.FILEGROUPNAME].map((tag) =>
      entry(
        tag,
        texts(() => 'root'),
      ),
    ),
    entry(
      TAG.DIRINDEXES,
      files.map(({ folder }) => folder),
    ),
    entry(
      TAG.BASENAMES,
      texts((file) => file.name),
    ),
    entry(TAG.DIRNAMES, folders),
  ];
}

function dependenciesOf(chance: Chance, name: string, evr: string): Entry[] {
  const library = () => [`lib${chance.often(words)}.so.${chance.below(9)}()(64bit)`, 0, ''] as const;
  const own = SENSE.EQUAL | SENSE.CONFIG;
  const provides = [
    [`config(${name})`, own, evr],
    library(),
    [name, SENSE.EQUAL, evr],
    [`${name}(x86-64)`, SENSE.EQUAL, evr],
  ] as const;
  const requires = [
    ['/bin/sh', SENSE.SCRIPT_POST | SENSE.INTERP, ''],
    [`config(${name})`, own, evr],
    ...['2.2.5', '2.4', '2.14', '2.34'].map((one) => [`libc.so.6(GLIBC_${one})(64bit)`, 0, ''] as const),
    ...Array.from({ length: 7 + chance.below(5) }, library),
    ...Array.from({ length: 4 + chance.below(4) }, () => {
      const version = `${chance.below(5)}.${chance.below(20)}`;
      return [chance.often(words), SENSE.GREATER | SENSE.EQUAL, version] as const;
    }),
    ...['CompressedFileNames', 'FileDigests', 'PayloadFilesHavePrefix', 'PayloadIsZstd'].map(
      (one) => [`rpmlib(${one})`, SENSE.LESS | SENSE.EQUAL | SENSE.RPMLIB, '4.6.0-1'] as const,
    ),
    ['rtld(GNU_HASH)', 0, ''],
  ] as const;
  const list = (kind: 'PROVIDE' | 'REQUIRE', entries: readonly (readonly [string, number, string])[]) => [
    entry(
      TAG[`${kind}NAME`],
      entries.map(([one]) => one),
    ),
    entry(
      TAG[`${kind}FLAGS`],
      entries.map(([, flags]) => flags),
    ),
    entry(
      TAG[`${kind}VERSION`],
      entries.map(([, , version]) => version),
    ),
  ];
  return [...list('PROVIDE', provides), ...list('REQUIRE', requires)];
}

function changelogOf(chance: Chance, version: string): Entry[] {
  const owners = [0, 1].map(() => {
    const [first, last] = [chance.often(people), chance.often(people)];
    return `${first} ${last} <${first}.${last}@example.org>`;
  });
  const entries = Array.from({ length: 12 }, (_, at) => ({
    time: 1_760_011_200 - (at * 60 + chance.below(59)) * 86_400,
    author: `${owners[chance.below(2)]} - ${version}-${12 - at}`,
    text:
      chance.next() < 0.3 ? '- Rebuilt for the mass rebuild' : `- ${sentence(chance, 5 + chance.below(8))}`,
  }));
  return [
    entry(
      TAG.CHANGELOGTIME,
      entries.map(({ time }) => time),
    ),
    entry(
      TAG.CHANGELOGNAME,
      entries.map(({ author }) => author),
    ),
    entry(
      TAG.CHANGELOGTEXT,
      entries.map(({ text }) => text),
    ),
  ];
}
