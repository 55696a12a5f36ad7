import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DependencyEntry, DependencyKind } from './dependencies.ts';
import { formatEntry } from './dependency.ts';
import { PayloadDigest, verifyHeaderDigest, verifyPayloadDigest } from './digest.ts';
import { readHeaders } from './headers.ts';
import { formatFileName } from './nevra.ts';
import { describe, type Rpm } from './package.ts';
import { isPreRequire, isRpmlib } from './sense.ts';
import { buildPackages, type Packages } from './testing/packages.ts';
import { run, runBytes } from './testing/rpm.ts';
import { decodeText } from './text.ts';

let packages: Packages;
let rpms: { path: string; rpm: Rpm }[];

beforeAll(async () => {
  packages = await buildPackages();
  const paths = [...packages.files, packages.signed];
  rpms = await Promise.all(paths.map(async (path) => ({ path, rpm: describe(await readHeaders(path)) })));
}, 60_000);
afterAll(() => packages[Symbol.asyncDispose]());

const none = (value: string | number | null) => String(value ?? '(none)');
const lines = (rows: readonly (readonly (string | number)[])[]) =>
  rows.map((row) => `${row.join('\t')}\n`).join('');

/** What rpm's query format gives, and the same of ours. */
const FIELDS: Record<string, [format: string, ours: (rpm: Rpm) => string]> = {
  name: ['%{NAME}', (rpm) => rpm.name],
  epoch: ['%{EPOCH}', (rpm) => none(rpm.epoch)],
  version: ['%{VERSION}', (rpm) => rpm.version],
  release: ['%{RELEASE}', (rpm) => rpm.release],
  arch: ['%{ARCH}', (rpm) => rpm.headerArch],
  sourceRpm: ['%{SOURCERPM}', (rpm) => none(rpm.sourceRpm)],
  isSource: ['%{SOURCEPACKAGE}', (rpm) => (rpm.isSource ? '1' : '(none)')],
  buildArchs: ['[%{BUILDARCHS}\n]', (rpm) => lines(rpm.buildArchs.map((arch) => [arch]))],
  excludeArch: ['[%{EXCLUDEARCH}\n]', (rpm) => lines(rpm.excludeArch.map((arch) => [arch]))],
  exclusiveArch: ['[%{EXCLUSIVEARCH}\n]', (rpm) => lines(rpm.exclusiveArch.map((arch) => [arch]))],
  summary: ['%{SUMMARY}', (rpm) => rpm.summary],
  description: ['%{DESCRIPTION}', (rpm) => rpm.description],
  license: ['%{LICENSE}', (rpm) => rpm.license],
  vendor: ['%{VENDOR}', (rpm) => none(rpm.vendor)],
  packager: ['%{PACKAGER}', (rpm) => none(rpm.packager)],
  distribution: ['%{DISTRIBUTION}', (rpm) => none(rpm.distribution)],
  group: ['%{GROUP}', (rpm) => none(rpm.group)],
  url: ['%{URL}', (rpm) => none(rpm.url)],
  buildTime: ['%{BUILDTIME}', (rpm) => none(rpm.buildTime)],
  buildHost: ['%{BUILDHOST}', (rpm) => none(rpm.buildHost)],
  cookie: ['%{COOKIE}', (rpm) => none(rpm.cookie)],
  rpmVersion: ['%{RPMVERSION}', (rpm) => none(rpm.rpmVersion)],
  payload: [
    '%{PAYLOADFORMAT} %{PAYLOADCOMPRESSOR} %{PAYLOADFLAGS} %{PAYLOADDIGEST}',
    ({ payload }) => `${payload.format} ${payload.compressor} ${payload.flags} ${payload.digests[0]?.stated}`,
  ],
  headerDigest: ['%{SHA256HEADER}', (rpm) => none(rpm.headerDigests[0]?.stated ?? null)],
  sizes: [
    '%{LONGSIZE} %{LONGARCHIVESIZE} %{SIGSIZE}',
    ({ sizes, headerRange }) =>
      `${sizes.installed} ${sizes.archive} ${(sizes.package ?? 0) - headerRange.start}`,
  ],
  files: [
    '[%{FILENAMES}\t%{FILEMODES}\t%{FILESIZES}\t%{FILEMTIMES}\t%{FILEFLAGS}\t%{FILEDIGESTS}\t%{FILELINKTOS}\t%{FILEUSERNAME}\t%{FILEGROUPNAME}\n]',
    ({ files }) =>
      lines(
        files.map((file) => [
          file.path,
          file.mode,
          file.size,
          file.mtime,
          file.flags,
          file.digest,
          file.linkTo,
          file.user,
          file.group,
        ]),
      ),
  ],
  fileDigestAlgorithm: ['%{FILEDIGESTALGO}', (rpm) => (rpm.fileDigestAlgorithm === 'sha256' ? '8' : 'other')],
  changelog: [
    '[%{CHANGELOGTIME}\t%{CHANGELOGNAME}\t%{CHANGELOGTEXT}\n]',
    (rpm) => lines(rpm.changelog.map(({ time, author, text }) => [time, author, text])),
  ],
  ...dependencyFields(),
};

function dependencyFields(): Record<string, [string, (rpm: Rpm) => string]> {
  const kinds: [DependencyKind, (rpm: Rpm) => readonly DependencyEntry[]][] = [
    ['PROVIDE', (rpm) => rpm.provides],
    ['REQUIRE', (rpm) => rpm.requires],
    ['CONFLICT', (rpm) => rpm.conflicts],
    ['OBSOLETE', (rpm) => rpm.obsoletes],
    ['RECOMMEND', (rpm) => rpm.recommends],
    ['SUGGEST', (rpm) => rpm.suggests],
    ['SUPPLEMENT', (rpm) => rpm.supplements],
    ['ENHANCE', (rpm) => rpm.enhances],
  ];
  return Object.fromEntries(
    kinds.map(([kind, entries]) => [
      kind,
      [
        `[%{${kind}FLAGS}\t%{${kind}NAME}\t%{${kind}VERSION}\t%{${kind}NEVRS}\n]`,
        (rpm: Rpm) =>
          lines(entries(rpm).map((entry) => [entry.flags, entry.name, entry.version, formatEntry(entry)])),
      ],
    ]),
  );
}

test('every field of every package is what rpm reads', async () => {
  const format = `${Object.values(FIELDS)
    .map(([field]) => `${field}\x1f`)
    .join('')}\x1e`;
  const answer = await runBytes('rpm', [
    '-qp',
    '--nosignature',
    '--qf',
    format,
    '--',
    ...rpms.map(({ path }) => path),
  ]);
  const records = answer.split('\x1e').slice(0, -1);
  expect(records).toHaveLength(21);
  const names = Object.keys(FIELDS);
  for (const [at, { path, rpm }] of rpms.entries()) {
    const values = (records[at] ?? '').split('\x1f');
    const theirs = names.map((name, field) => [name, readBytes(values[field] ?? '')]);
    const ours = names.map((name) => [name, FIELDS[name]?.[1](rpm)]);
    expect(Object.fromEntries(ours), path).toEqual(Object.fromEntries(theirs));
  }
});

function readBytes(text: string): string {
  return decodeText(Buffer.from(text, 'latin1'));
}

function find(part: string): { path: string; rpm: Rpm } {
  const found = rpms.find(({ path }) => path.includes(part));
  if (found === undefined) throw new Error(`no ${part}`);
  return found;
}

test('text that is not UTF-8 is read as Latin-1, text that is as UTF-8', () => {
  const { rpm } = find('x86_64');
  expect(rpm.summary).toBe('Café in Latin-1');
  expect(rpm.changelog[0]?.author).toBe('José <jose@example.org> - 1.0-3');
  expect(rpm.changelog[0]?.text).toBe('- Smørrebrød');
  expect(find('sub-').rpm.summary).toBe('UTF-8: naïve');
});

test('a file is named as rpmbuild named it', () => {
  for (const { path, rpm } of rpms) {
    if (path !== packages.signed) expect(formatFileName(rpm)).toBe(basename(path));
  }
});

test('all payload compressors are told, and both digests hold', async () => {
  expect(new Set(rpms.map(({ rpm }) => rpm.payload.compressor))).toEqual(
    new Set(['gzip', 'xz', 'zstd', 'bzip2']),
  );
  for (const { path } of rpms) {
    const headers = await readHeaders(path);
    expect(verifyHeaderDigest(headers).state).toBe('ok');
    expect((await verifyPayloadDigest(path, headers)).state).toBe('ok');
  }
});

test('a changed payload and a changed header are found', async () => {
  const { path } = find('x86_64');
  const bytes = await readFile(path);
  const headers = await readHeaders(bytes);
  const digest = new PayloadDigest(headers);
  for await (const chunk of createReadStream(path, { start: headers.headerRange.end, highWaterMark: 100 })) {
    digest.update(chunk as Buffer);
  }
  expect(digest.finish().state).toBe('ok');
  const shorter = new PayloadDigest(headers);
  shorter.update(bytes.subarray(headers.headerRange.end, -1));
  expect(shorter.finish().state).toBe('wrong');
  const name = bytes.indexOf('example.org', headers.headerRange.start);
  bytes[name] = 0x45;
  const changed = await readHeaders(bytes);
  expect(verifyHeaderDigest(changed).state).toBe('wrong');
});

test('the file size that the header tells is the file size', async () => {
  for (const { path, rpm } of rpms) expect((await readHeaders(path)).fileSize).toBe(rpm.sizes.package);
});

test('a signature is told with the key that rpm tells', async () => {
  const [only, ...others] = describe(await readHeaders(packages.signed)).signatures;
  expect(others).toEqual([]);
  const { fingerprint } = packages;
  expect(only).toMatchObject({
    kind: 'RSA',
    tag: 268,
    covers: 'header',
    keyId: fingerprint.slice(-16),
    fingerprint,
  });
  const told = await run('rpm', [
    '-qp',
    '--nosignature',
    '--qf',
    '%{RSAHEADER:pgpsig}',
    '--',
    packages.signed,
  ]);
  expect(told).toContain(`Key ID ${only?.keyId}`);
  const created = Date.parse(/, (.*), Key/.exec(told)?.[1] ?? '');
  expect(Math.abs(created / 1000 - (only?.created ?? 0))).toBeLessThanOrEqual(24 * 3600);
  expect(find('small-1-1.noarch').rpm.signatures).toEqual([]);
});

test('header ranges, sizes, times and pre-requirements are those of createrepo_c', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-repo-'));
  try {
    await Promise.all(rpms.map(({ path }, at) => symlink(path, join(folder, `${at}.rpm`))));
    await run('createrepo_c', ['--quiet', '--no-database', '--simple-md-filenames', '--', folder]);
    const primary = gunzipSync(await readFile(join(folder, 'repodata', 'primary.xml.gz'))).toString();
    const blocks = primary.split('<package type="rpm">').slice(1);
    expect(blocks).toHaveLength(rpms.length);
    for (const block of blocks) {
      const { rpm } = rpms[Number(/href="([0-9]+)\.rpm"/.exec(block)?.[1])] ?? find('none');
      const { headerRange, sizes } = rpm;
      expect(block).toContain(`<rpm:header-range start="${headerRange.start}" end="${headerRange.end}"/>`);
      expect(block).toContain(
        `<size package="${sizes.package}" installed="${sizes.installed}" archive="${sizes.archive}"/>`,
      );
      expect(block).toContain(`build="${rpm.buildTime}"`);
      const requires = /<rpm:requires>(.*?)<\/rpm:requires>/s.exec(block)?.[1] ?? '';
      const pre = [...requires.matchAll(/name="([^"]*)".*?( pre="1")?\/>/g)].filter(([, , mark]) => mark);
      const ours = rpm.requires.filter((entry) => isPreRequire(entry.flags) && !isRpmlib(entry));
      expect(new Set(ours.map(({ name }) => name))).toEqual(new Set(pre.map(([, name]) => name)));
      expect(requires).not.toContain('rpmlib(');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
