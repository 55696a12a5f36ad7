import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromEntry } from './dependencyparser.ts';
import { verifyHeaderDigest } from './digest.ts';
import { RpmError } from './errors.ts';
import { parseHeaders } from './headers.ts';
import { formatFileName } from './nevra.ts';
import { describe } from './package.ts';
import { TAG } from './tags.ts';
import { cpuMilliseconds } from './testing/cpu.ts';
import { buildPackages, type Packages } from './testing/packages.ts';
import { runBytes } from './testing/rpm.ts';
import { decodeText } from './text.ts';

const SEED = 20261121;
/** Of processor time; typically 1 ms. */
const RUN_MS = 2_000;

let packages: Packages;
/** The headers of real packages, with a little of their payload. */
let samples: Buffer[];

beforeAll(async () => {
  packages = await buildPackages();
  const paths = [packages.signed, ...packages.files.filter((path) => path.includes('zstdio'))];
  samples = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(path);
      const parsed = parseHeaders(bytes);
      return bytes.subarray(0, (parsed.complete ? parsed.headers.headerRange.end : 0) + 64);
    }),
  );
}, 60_000);
afterAll(() => packages[Symbol.asyncDispose]());

type Change = (bytes: Buffer) => Buffer;
/** A place as a fraction, so it shrinks towards the front whatever the sample's length. */
const place = fc
  .nat({ max: 9_999 })
  .map((part) => (bytes: Buffer) => Math.floor((part / 10_000) * bytes.length));
const HEADER_MAGIC = Buffer.from('8eade801', 'hex');
const hostile = fc.constantFrom(
  0,
  1,
  0x7fffffff,
  0x80000000,
  0xffffffff,
  0xfffffff0,
  0x00ffffff,
  0x10000000,
  16,
  100,
);
const word = fc.oneof(hostile, fc.nat({ max: 0xffff }), fc.nat({ max: 0xffffffff }));

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, fc.nat(7)).map(
    ([at, bit]): Change =>
      (bytes) => {
        const where = at(bytes);
        if (where < bytes.length) bytes.writeUInt8((bytes[where] ?? 0) ^ (1 << bit), where);
        return bytes;
      },
  ),
  // Aligned words: counts, offsets, types and tags of intros and index entries.
  fc.tuple(place, word).map(
    ([at, value]): Change =>
      (bytes) => {
        if (bytes.length >= 4) bytes.writeUInt32BE(value, Math.min(at(bytes) & ~3, bytes.length - 4));
        return bytes;
      },
  ),
  // One word of an intro or of an index entry, of either header.
  fc.tuple(fc.boolean(), fc.nat(60), fc.nat(3), word).map(
    ([main, entry, field, value]): Change =>
      (bytes) => {
        const header = main ? bytes.lastIndexOf(HEADER_MAGIC) : bytes.indexOf(HEADER_MAGIC);
        const at = header + entry * 16 + field * 4;
        if (header >= 0 && at + 4 <= bytes.length) bytes.writeUInt32BE(value, at);
        return bytes;
      },
  ),
  place.map(
    (at): Change =>
      (bytes) =>
        bytes.subarray(0, at(bytes)),
  ),
  fc.tuple(place, place, place).map(
    ([from, to, into]): Change =>
      (bytes) => {
        bytes.copy(bytes, into(bytes), Math.min(from(bytes), to(bytes)), Math.max(from(bytes), to(bytes)));
        return bytes;
      },
  ),
  fc.tuple(place, fc.uint8Array({ maxLength: 20 })).map(
    ([at, more]): Change =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes)), more, bytes.subarray(at(bytes))]),
  ),
  fc.tuple(place, fc.nat(20)).map(
    ([at, length]): Change =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at(bytes)), bytes.subarray(at(bytes) + length)]),
  ),
);

/** Looks at everything that a header gives. Says what came of it; throws whatever is no RpmError. */
function judge(bytes: Uint8Array): string {
  try {
    const parsed = parseHeaders(bytes);
    if (!parsed.complete) return 'incomplete';
    const { headers } = parsed;
    verifyHeaderDigest(headers);
    for (const tag of Object.values(TAG)) readTag(() => headers.header.get(tag));
    const rpm = describe(headers);
    expect(formatFileName(rpm)).not.toMatch(/[/\0]|\.\./);
    for (const entry of rpm.requires) readTag(() => fromEntry(entry));
    return 'read';
  } catch (error) {
    if (error instanceof RpmError) return error.code;
    throw error;
  }
}

function damage(which: number, changes: readonly Change[]): Buffer {
  const sample = samples[which % samples.length] ?? Buffer.alloc(0);
  return changes.reduce<Buffer>((current, apply) => apply(current), Buffer.from(sample));
}

function readTag(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RpmError)) throw error;
  }
}

test('a damaged header that is read is read as rpm reads it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-fuzz-'));
  try {
    const cases = fc.sample(fc.tuple(fc.nat({ max: 99 }), fc.array(change, { minLength: 1, maxLength: 2 })), {
      seed: SEED,
      numRuns: 1_500,
    });
    const ours: string[] = [];
    for (const [which, changes] of cases) {
      const bytes = damage(which, changes);
      if (ours.length === 120 || judge(bytes) !== 'read') continue;
      const parsed = parseHeaders(bytes);
      if (!parsed.complete) continue;
      const rpm = describe(parsed.headers);
      const evr = `${rpm.epoch ?? '(none)'} ${rpm.version} ${rpm.release}`;
      const files = rpm.files.map(({ path, size }) => `${path} ${size}\n`).join('');
      const requires = rpm.requires.map(({ name, version }) => `${name} ${version}\n`).join('');
      await writeFile(join(folder, `${ours.length}.rpm`), bytes);
      ours.push(`${rpm.name} ${evr} ${rpm.headerArch} ${rpm.sourceRpm ?? '(none)'}\n${files}${requires}`);
    }
    expect(ours).toHaveLength(120);
    const format =
      '%{NAME} %{EPOCH} %{VERSION} %{RELEASE} %{ARCH} %{SOURCERPM}\n' +
      '[%{FILENAMES} %{LONGFILESIZES}\n][%{REQUIRENAME} %{REQUIREVERSION}\n]';
    const script = `for n in $(seq 0 ${ours.length - 1}); do rpm -qp --nodigest --nosignature --qf "$1" "$0/$n.rpm" 2>/dev/null; printf '\\036'; done`;
    const answers = (await runBytes('sh', ['-c', script, folder, format])).split('\x1e').slice(0, -1);
    expect(answers).toHaveLength(ours.length);
    const theirs = answers.map((answer) => decodeText(Buffer.from(answer, 'latin1')));
    const isLatin = (text: string) => /[\x80-\u{10ffff}]/u.test(text);
    const differing = ours.filter((text, at) => theirs[at] !== '' && theirs[at] !== text && !isLatin(text));
    expect(differing).toEqual([]);
    // rpm also refuses wrong types of tags that are not read here: a few of a hundred at most.
    expect(theirs.filter((text) => text === '').length).toBeLessThan(10);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

test('8,000 damaged headers are read or refused with an RpmError, each in bounded time', () => {
  const outcomes = new Map<string, number>();
  let slowest = 0;
  const before = process.memoryUsage();
  fc.assert(
    fc.property(fc.nat({ max: 99 }), fc.array(change, { minLength: 1, maxLength: 4 }), (which, changes) => {
      const bytes = damage(which, changes);
      let outcome = '';
      slowest = Math.max(
        slowest,
        cpuMilliseconds(() => {
          outcome = judge(bytes);
        }),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      // A header cannot ask for more memory than the bytes that are there: nothing of this size was ever given.
      expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(256 * 1024 * 1024);
    }),
    { seed: SEED, numRuns: 8_000 },
  );
  expect(slowest).toBeLessThan(RUN_MS);
  for (const outcome of ['read', 'incomplete', 'header_damaged', 'not_an_rpm', 'header_too_large']) {
    expect(outcomes.get(outcome) ?? 0, outcome).toBeGreaterThan(10);
  }
}, 60_000);
