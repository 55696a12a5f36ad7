import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyPayloadDigest } from './digest.ts';
import type { RpmErrorCode } from './errors.ts';
import { parseHeaders, readHeaders } from './headers.ts';
import { describe } from './package.ts';
import { SIGTAG, TAG } from './tags.ts';
import { cpuMilliseconds } from './testing/cpu.ts';
import {
  type Entry,
  entriesOfV6,
  entry,
  joinPackage,
  PAYLOAD,
  requiring,
  signatureOfV6,
  typedEntry,
  writeHeader,
  writeLead,
  writeV6,
} from './testing/writer.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-headers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const whole = writeV6();

function refusal(act: () => unknown): { code: RpmErrorCode; message: string } {
  try {
    act();
  } catch (error) {
    return error as { code: RpmErrorCode; message: string };
  }
  throw new Error('was not refused');
}

/** A v4 package with these entries in place of the small package's own of the same tag. */
function withEntries(...changed: Entry[]): Buffer {
  const kept = entriesOfV6().filter(
    ({ tag }) => tag !== TAG.RPMFORMAT.number && !changed.some((one) => one.tag === tag),
  );
  return writeV6(
    [],
    [...kept, ...changed].filter(({ count }) => count > 0).sort((a, b) => a.tag - b.tag),
  );
}

function describeBytes(bytes: Uint8Array) {
  const parsed = parseHeaders(bytes);
  if (!parsed.complete) throw new Error('incomplete');
  return describe(parsed.headers);
}

/** A package whose main header is these bytes. */
function withHeader(header: Buffer): Buffer {
  return joinPackage(writeLead(3), signatureOfV6(header), header, PAYLOAD);
}

test('from any prefix it says how much it needs, and three looks are enough', () => {
  const { headers } = parseHeaders(whole) as { headers: { headerRange: { end: number } } };
  const { end } = headers.headerRange;
  for (let length = 0; length < end; length++) {
    const parsed = parseHeaders(whole.subarray(0, length));
    if (parsed.complete) throw new Error(`complete at ${length}`);
    expect(parsed.needed).toBeGreaterThan(length);
    expect(parsed.needed).toBeLessThanOrEqual(end);
  }
  let needed = 0;
  let looks = 0;
  for (let parsed = parseHeaders(whole.subarray(0, 0)); !parsed.complete; looks++) {
    needed = parsed.needed;
    parsed = parseHeaders(whole.subarray(0, needed));
  }
  expect([needed, looks]).toEqual([end, 3]);
});

test('what is no RPM is refused at its first wrong byte', () => {
  expect(refusal(() => parseHeaders(Buffer.from('P'))).code).toBe('not_an_rpm');
  expect(refusal(() => parseHeaders(Buffer.from([0xed, 0xab, 0xee, 0xdc]))).code).toBe('not_an_rpm');
  expect(refusal(() => parseHeaders(writeHeader(63, entriesOfV6()))).code).toBe('not_an_rpm');
});

test('a file that ends within its headers is truncated, also an empty one', async () => {
  for (const length of [0, 3, 95, 100, 150, 300, 1000]) {
    const path = join(folder, `cut-${length}`);
    await writeFile(path, whole.subarray(0, length));
    await expect(readHeaders(path)).rejects.toMatchObject({ code: 'truncated' });
    await expect(readHeaders(whole.subarray(0, length))).rejects.toMatchObject({ code: 'truncated' });
  }
});

test('a small file that claims a large header costs no memory', async () => {
  const path = join(folder, 'claims');
  const bytes = Buffer.from(whole);
  const start = bytes.lastIndexOf(Buffer.from('8eade801', 'hex'));
  bytes.writeUInt32BE(60 * 1024 * 1024, start + 12);
  await writeFile(path, bytes);
  const before = process.memoryUsage().arrayBuffers;
  await expect(readHeaders(path)).rejects.toMatchObject({ code: 'truncated' });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  bytes.writeUInt32BE(65 * 1024 * 1024, start + 12);
  await writeFile(path, bytes);
  await expect(readHeaders(path)).rejects.toMatchObject({ code: 'header_too_large' });
});

test('limits are the caller’s to set', () => {
  expect(refusal(() => parseHeaders(whole, { headerEntries: 10 })).code).toBe('header_too_large');
  expect(refusal(() => parseHeaders(whole, { signatureBytes: 10 })).code).toBe('header_too_large');
  expect(refusal(() => parseHeaders(whole, { arrayLength: 1 })).code).toBe('header_damaged');
});

test('an open handle is read by position and stays where it is', async () => {
  const path = join(folder, 'whole.rpm');
  await writeFile(path, whole);
  await using handle = await open(path);
  const headers = await readHeaders(handle);
  expect(headers.fileSize).toBe(whole.length);
  expect((await verifyPayloadDigest(handle, headers)).state).toBe('ok');
  const { bytesRead } = await handle.read(Buffer.alloc(4), 0, 4);
  expect(bytesRead).toBe(4);
  await expect(verifyPayloadDigest(handle, headers, AbortSignal.abort())).rejects.toThrow('abort');
});

test('a header without an immutable region is a v3 package, which is not read', () => {
  const header = Buffer.from(writeHeader(63, entriesOfV6()));
  header.writeUInt32BE(100, 16);
  expect(refusal(() => parseHeaders(withHeader(header))).code).toBe('unsupported_format');
});

test('a signature header may lack the region', () => {
  const header = writeHeader(63, entriesOfV6());
  const bytes = withHeader(header);
  const signature = writeHeader(62, [entry(SIGTAG.SHA256, 'x')]);
  const index = signature.subarray(32, 48);
  const bare = Buffer.concat([
    Buffer.from('8eade8010000000000000001', 'hex'),
    Buffer.from([0, 0, 0, 2]),
    index,
    Buffer.from('x\0'),
  ]);
  const parsed = parseHeaders(joinPackage(bytes.subarray(0, 96), bare, header, PAYLOAD));
  expect(parsed.complete && parsed.headers.signature.get(SIGTAG.SHA256)).toBe('x');
});

/** Where the index entry of a tag is, in a header. */
function indexOf(header: Buffer, tag: number): number {
  for (let at = 32; at < header.length; at += 16) if (header.readUInt32BE(at) === tag) return at;
  throw new Error(`no tag ${tag}`);
}

const VERSION = TAG.VERSION.number;
const BUILDTIME = TAG.BUILDTIME.number;
test.each<[string, (header: Buffer) => void, string]>([
  ['a tag twice', (header) => header.writeUInt32BE(1000, indexOf(header, VERSION)), 'occurs twice'],
  ['a type that is none', (header) => header.writeUInt32BE(10, indexOf(header, VERSION) + 4), 'cannot be'],
  ['type NULL', (header) => header.writeUInt32BE(0, indexOf(header, VERSION) + 4), 'cannot be'],
  ['a negative tag', (header) => header.writeInt32BE(-5, indexOf(header, VERSION)), 'cannot be'],
  ['a tag below 100', (header) => header.writeUInt32BE(99, indexOf(header, VERSION)), 'cannot be'],
  ['no values', (header) => header.writeUInt32BE(0, indexOf(header, BUILDTIME) + 12), 'claims 0 values'],
  [
    'too many values',
    (header) => header.writeUInt32BE(2 ** 31, indexOf(header, BUILDTIME) + 12),
    'claims 2147483648',
  ],
  [
    'values past the end',
    (header) => header.writeUInt32BE(100_000, indexOf(header, BUILDTIME) + 12),
    'does not fit',
  ],
  ['two strings in one', (header) => header.writeUInt32BE(2, indexOf(header, VERSION) + 12), 'does not fit'],
  [
    'data of another tag',
    (header) => header.writeUInt32BE(0, indexOf(header, VERSION) + 8),
    'does not follow',
  ],
  ['a negative offset', (header) => header.writeInt32BE(-1, indexOf(header, VERSION) + 8), 'does not follow'],
  [
    'an odd offset',
    (header) =>
      header.writeUInt32BE(
        header.readUInt32BE(indexOf(header, BUILDTIME) + 8) + 1,
        indexOf(header, BUILDTIME) + 8,
      ),
    'does not follow',
  ],
  ['a region elsewhere', (header) => header.writeUInt32BE(2 ** 31, 24), 'is not sane'],
  ['a damaged trailer', (header) => header.writeUInt32BE(61, header.length - 16), 'is not sane'],
  [
    'entries out of the region',
    (header) => header.writeInt32BE(-32, header.length - 8),
    'outside of its immutable region',
  ],
])('a header with %s is damaged', (_, change, sentence) => {
  const header = Buffer.from(writeHeader(63, entriesOfV6()));
  change(header);
  const error = refusal(() => parseHeaders(withHeader(header)));
  expect(error.code).toBe('header_damaged');
  expect(error.message).toContain(sentence);
});

test('nothing hides between two tags, nor behind the last', () => {
  const hidden = (one: Entry) => ({ ...one, data: Buffer.concat([one.data, Buffer.from('hidden\0')]) });
  const entries = entriesOfV6();
  const between = entries.map((one) => (one.tag === VERSION ? hidden(one) : one));
  const behind = entries.map((one, at) => (at === entries.length - 1 ? hidden(one) : one));
  expect(refusal(() => parseHeaders(writeV6([], between))).message).toContain('does not follow');
  expect(refusal(() => parseHeaders(writeV6([], behind))).message).toContain('belongs to no tag');
});

test.each<[string, Entry]>([
  ['a name of numbers', typedEntry(TAG.NAME.number, 4, 1)],
  ['two names', entry(TAG.PROVIDENAME, ['a', 'b'])],
  ['an epoch of text', typedEntry(TAG.EPOCH.number, 6, '1')],
  ['two epochs', typedEntry(TAG.EPOCH.number, 4, [1, 2])],
  ['a size above 2^53', typedEntry(TAG.LONGSIZE.number, 5, 2 ** 60)],
  ['fewer modes than files', typedEntry(TAG.FILEMODES.number, 3, [1])],
  ['a directory that is not listed', entry(TAG.DIRINDEXES, [0, 9])],
  ['flags for no requirement', entry(TAG.REQUIREFLAGS, [0])],
  ['a changelog without texts', entry(TAG.CHANGELOGTIME, [1])],
  ['a source package that names its source', entry(TAG.SOURCEPACKAGE, 1)],
  ['no name', { ...entry(TAG.NAME, ''), count: 0 }],
])('a package with %s is damaged', (_, changed) => {
  expect(refusal(() => describeBytes(withEntries(changed))).code).toBe('header_damaged');
});

test.each<[string, Entry]>([
  ['name', entry(TAG.NAME, '../../etc/passwd')],
  ['name', entry(TAG.NAME, '')],
  ['version', entry(TAG.VERSION, '1-1')],
  ['release', entry(TAG.RELEASE, '1/2')],
  ['architecture', entry(TAG.ARCH, 'no arch')],
])('a package with a bad %s is refused as bad_nevra', (what, changed) => {
  const error = refusal(() => describeBytes(withEntries(changed)));
  expect(error.code).toBe('bad_nevra');
  expect(error.message).toContain(what);
});

test('one long directory name cannot be told with very many files', () => {
  const count = 100_000;
  const zeros = Array.from({ length: count }, () => 0);
  const absent = [
    TAG.FILERDEVS,
    TAG.FILEMTIMES,
    TAG.FILEDIGESTS,
    TAG.FILELINKTOS,
    TAG.FILEFLAGS,
    TAG.FILEUSERNAME,
    TAG.FILEGROUPNAME,
    TAG.LONGFILESIZES,
    TAG.FILEMODES,
  ];
  const bytes = withEntries(
    entry(TAG.DIRNAMES, [`/${'d'.repeat(4000)}/`]),
    entry(TAG.DIRINDEXES, zeros),
    entry(
      TAG.BASENAMES,
      zeros.map(() => 'b'),
    ),
    ...absent.map((tag) => ({ tag: tag.number, type: 4, count: 0, data: Buffer.alloc(0) })),
  );
  const spent = cpuMilliseconds(() => {
    expect(refusal(() => describeBytes(bytes)).message).toContain('longer than can be');
  });
  expect(spent).toBeLessThan(2_000);
});

test('a header of the greatest size is read in time linear in it', () => {
  const count = 400_000;
  const names = Array.from({ length: count }, (_, at) => `name-${at}`);
  const bytes = withEntries(...requiring(names));
  const spent = cpuMilliseconds(() => {
    expect(describeBytes(bytes).requires).toHaveLength(count);
  });
  expect(spent).toBeLessThan(3_000);
});
