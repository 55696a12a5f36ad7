import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyHeaderDigest, verifyPayloadDigest } from './digest.ts';
import { parseHeaders, readHeaders } from './headers.ts';
import { formatNevra } from './nevra.ts';
import { describe } from './package.ts';
import { SIGTAG, TAG } from './tags.ts';
import { run } from './testing/rpm.ts';
import { entriesOfV6, entry, PAYLOAD, writeV6 } from './testing/writer.ts';

/** A v4 EdDSA signature packet with a fingerprint subpacket (33), new packet form. */
const FINGERPRINT = '0123456789abcdef0123456789abcdef01234567';
const BODY = Buffer.from(`04001b0a001d0502699c0000162104${FINGERPRINT}0000abcd`, 'hex');
const PACKET = Buffer.concat([Buffer.from([0xc2, BODY.length]), BODY]);
/** The same by a v6 key: version 6, longer fingerprint, four-byte area lengths. */
const FINGERPRINT6 = `fedcba9876543210${'00'.repeat(24)}`;
const BODY6 = Buffer.from(
  `06001b0c000000290502699c00002221 06${FINGERPRINT6}00000000abcd`.replace(' ', ''),
  'hex',
);
const PACKET6 = Buffer.concat([Buffer.from([0xc2, BODY6.length]), BODY6]);

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-v6-'));
  path = join(folder, 'six-6.0-1.noarch.rpm');
  await writeFile(path, writeV6());
});
afterAll(() => rm(folder, { recursive: true }));

test('a v6 package is described from 64-bit sizes and its first locale', async () => {
  const headers = await readHeaders(path);
  expect(headers.lead).toEqual({ major: 4, minor: 0, type: 'binary' });
  const rpm = describe(headers);
  expect(formatNevra(rpm)).toBe('six-6.0-1.noarch');
  expect(rpm).toMatchObject({
    format: 6,
    isSource: false,
    summary: 'Größe',
    fileDigestAlgorithm: 'sha256',
    sizes: { installed: 5_000_000_001, archive: 5_000_000_500, package: headers.fileSize },
    signatures: [],
  });
  expect(rpm.files.map((file) => [file.path, file.size])).toEqual([
    ['/etc/a', 5_000_000_000],
    ['/usr/share/ü/b', 1],
  ]);
});

test('all digests of a v6 package are computed', async () => {
  const headers = await readHeaders(path);
  const ofHeader = verifyHeaderDigest(headers);
  expect([ofHeader.state, ...ofHeader.digests.map(({ algorithm }) => algorithm)]).toEqual([
    'ok',
    'sha256',
    'sha3-256',
  ]);
  const ofPayload = await verifyPayloadDigest(path, headers);
  const algorithms = ofPayload.digests.map(({ algorithm }) => algorithm);
  expect([ofPayload.state, ...algorithms]).toEqual(['ok', 'sha256', 'sha512', 'sha3-256']);
});

test('one wrong digest among right ones is found', async () => {
  const entries = entriesOfV6().map((one) =>
    one.tag === TAG.PAYLOADSHA512.number ? entry(TAG.PAYLOADSHA512, '00') : one,
  );
  const wrong = join(folder, 'wrong.rpm');
  await writeFile(wrong, writeV6([], entries));
  const headers = await readHeaders(wrong);
  expect([verifyHeaderDigest(headers).state, (await verifyPayloadDigest(wrong, headers)).state]).toEqual([
    'ok',
    'wrong',
  ]);
});

test('the v6 package that the tests write is one that rpm reads', async () => {
  const format = '%{NEVRA} %{SHA256HEADER} %{SUMMARY} [%{FILENAMES} %{LONGFILESIZES} ]';
  const answer = await run('rpm', ['-qp', '--nosignature', '--qf', format, '--', path]);
  const [digest] = describe(await readHeaders(path)).headerDigests;
  expect(answer).toBe(`six-6.0-1.noarch ${digest?.stated} Größe /etc/a 5000000000 /usr/share/ü/b 1 `);
});

test('every OpenPGP signature is told with its key, v3 signatures are passed over', () => {
  const signatures = [
    entry(SIGTAG.OPENPGP, [PACKET.toString('base64'), PACKET6.toString('base64'), 'bm90IG9uZQ==']),
    entry(SIGTAG.DSA, PACKET),
    entry(SIGTAG.GPG, PACKET),
  ];
  const parsed = parseHeaders(writeV6(signatures));
  if (!parsed.complete) throw new Error('incomplete');
  const told = describe(parsed.headers).signatures;
  expect(told.map(({ kind, keyId, fingerprint }) => [kind, keyId, fingerprint])).toEqual([
    ['OPENPGP', '89abcdef01234567', FINGERPRINT],
    ['OPENPGP', 'fedcba9876543210', FINGERPRINT6],
    ['OPENPGP', null, null],
    ['DSA', '89abcdef01234567', FINGERPRINT],
  ]);
  expect(told[0]?.created).toBe(0x699c0000);
});

test('a v6 header whose tags are not in order is damaged', () => {
  const [first, second, ...rest] = entriesOfV6(PAYLOAD);
  if (first === undefined || second === undefined) throw new Error('no entries');
  expect(() => parseHeaders(writeV6([], [second, first, ...rest]))).toThrow('not in order');
});

test('a format that is not known is refused as such', () => {
  const entries = entriesOfV6().map((one) =>
    one.tag === 5114 ? { ...one, data: Buffer.from([0, 0, 0, 7]) } : one,
  );
  expect(() => parseHeaders(writeV6([], entries))).toThrow(
    expect.objectContaining({ code: 'unsupported_format' }),
  );
});
