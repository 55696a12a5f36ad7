import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RpmError } from './errors.ts';
import { changeFront, type Front, joinFront, keptSignature, type NewSignature } from './front.ts';
import type { Header } from './header.ts';
import { parseHeaders, type RpmHeaders, readHeaders } from './headers.ts';
import { listSignatures } from './signature.ts';
import { digestSplice } from './splice.ts';
import { SIGTAG } from './tags.ts';
import { buildPackages, type Packages } from './testing/packages.ts';
import { output, run } from './testing/rpm.ts';
import {
  type Entry,
  entriesOfV6,
  entry,
  joinPackage,
  PAYLOAD,
  typedEntry,
  writeHeader,
  writeLead,
  writeV6,
} from './testing/writer.ts';

let packages: Packages;
let database: string;
beforeAll(async () => {
  packages = await buildPackages();
  database = join(packages.folder, 'keys');
  const key = join(packages.folder, 'key.asc');
  await writeFile(key, await gpg('--armor', '--export'));
  await run('rpmkeys', ['--dbpath', database, '--import', key]);
}, 60_000);
afterAll(async () => {
  await run('gpgconf', ['--homedir', join(packages.folder, 'gpg'), '--kill', 'gpg-agent']);
  await packages[Symbol.asyncDispose]();
});

function gpg(...args: string[]): Promise<string> {
  return run('gpg', ['--homedir', join(packages.folder, 'gpg'), '--batch', '--yes', ...args]);
}

async function signed(bytes: Uint8Array): Promise<Uint8Array> {
  const path = join(packages.folder, 'to-sign');
  await writeFile(path, bytes);
  await gpg('--digest-algo', 'sha256', '--output', `${path}.sig`, '--detach-sign', '--', path);
  return await readFile(`${path}.sig`);
}

async function splice(front: Front, unsigned: string | Uint8Array, name = 'spliced.rpm'): Promise<string> {
  const path = join(packages.folder, name);
  await writeFile(path, joined(front, typeof unsigned === 'string' ? await readFile(unsigned) : unsigned));
  return path;
}

function check(path: string): Promise<string> {
  return output('rpmkeys', ['--dbpath', database, '-Kv', '--', path]);
}

function headersOf(bytes: Uint8Array): RpmHeaders {
  const parsed = parseHeaders(bytes);
  if (!parsed.complete) throw new Error('incomplete');
  return { ...parsed.headers, fileSize: bytes.length };
}

/** The file that a front makes of the file it was made from. */
function joined(front: Front, from: Uint8Array): Buffer {
  return Buffer.concat([front.bytes, from.subarray(front.rest)]);
}

/** Every tag of a header but these, as it is stored. */
function tagsOf(header: Header, ...but: number[]) {
  return new Map(
    header
      .tags()
      .filter((tag) => !but.includes(tag))
      .map((tag) => [tag, header.stored(tag)]),
  );
}

async function unsignedOfSigned(): Promise<string> {
  const { header } = await readHeaders(packages.signed);
  for (const path of packages.files) {
    if ((await readHeaders(path)).header.bytes.length !== header.bytes.length) continue;
    if (Buffer.compare((await readHeaders(path)).header.bytes, header.bytes) === 0) return path;
  }
  throw new Error('the signed package has no original');
}

test('with rpmsign’s signature in it, the front is rpmsign’s own, byte for byte', async () => {
  const [theirs] = listSignatures(await readHeaders(packages.signed));
  const original = await readHeaders(await unsignedOfSigned());
  const add: NewSignature[] = [{ kind: 'RSA', packet: theirs?.bytes ?? new Uint8Array(0) }];
  const front = changeFront(original, { add, old: 'remove' });
  const file = await readFile(packages.signed);
  expect(Buffer.from(front.bytes).equals(file.subarray(0, front.bytes.length))).toBe(true);
  expect(front.rest).toBe(original.headerRange.start);
});

test('rpm finds every signed splice good, the same in header, length and header range', async () => {
  for (const path of packages.files) {
    const unsigned = await readHeaders(path);
    const packet = await signed(unsigned.header.bytes);
    const front = changeFront(unsigned, { add: [{ kind: 'RSA', packet }], old: 'remove' });
    const spliced = await splice(front, path);
    const answer = await check(spliced);
    expect(answer).toMatch(/Header V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
    expect(answer).toMatch(/Header SHA1 digest: OK\n.*Payload SHA256 digest: OK\n.*MD5 digest: OK\n$/s);
    const again = await readHeaders(spliced);
    expect([again.headerRange, again.fileSize]).toEqual([unsigned.headerRange, unsigned.fileSize]);
    expect(Buffer.from(again.header.bytes).equals(unsigned.header.bytes)).toBe(true);
    const query = ['-qp', '--nosignature', '--qf', '%{SHA256HEADER} %{SIGMD5} %{SIGSIZE}'];
    expect(await run('rpm', [...query, '--', spliced])).toBe(await run('rpm', [...query, '--', path]));
    // Without its signature again it is the file that it was.
    const back = changeFront(again, { old: 'remove' });
    const original = await readFile(path);
    expect(Buffer.from(back.bytes).equals(original.subarray(0, back.bytes.length))).toBe(true);
  }
}, 60_000);

test('signing what is signed leaves the new signature alone, which rpm finds good', async () => {
  const once = await readHeaders(packages.signed);
  const packet = await signed(once.header.bytes);
  const front = changeFront(once, { add: [{ kind: 'RSA', packet }], old: 'remove' });
  const path = await splice(front, packages.signed);
  const [only, ...more] = listSignatures(await readHeaders(path));
  expect([Buffer.from(only?.bytes ?? []).equals(packet), more]).toEqual([true, []]);
  expect(await check(path)).toContain('Signature, key ID');
  expect(await check(path)).not.toContain('NOT OK');
});

test('a signature of header and payload stands beside that of the header', async () => {
  const [path = ''] = packages.files;
  const unsigned = await readHeaders(path);
  const both = await signed((await readFile(path)).subarray(unsigned.headerRange.start));
  const add: NewSignature[] = [
    { kind: 'RSA', packet: await signed(unsigned.header.bytes) },
    { kind: 'PGP', packet: both },
  ];
  const spliced = await splice(changeFront(unsigned, { add, old: 'keep' }), path);
  const answer = await check(spliced);
  expect(answer).toMatch(/Header V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
  expect(answer).toMatch(/\n {4}V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK/);
  // Of each there is one: a DSA signature takes the place of the RSA one, and leaves that of the whole.
  const other = changeFront(await readHeaders(spliced), {
    add: [{ kind: 'DSA', packet: both }],
    old: 'keep',
  });
  expect(listSignatures(headersOf(joined(other, await readFile(spliced))))).toMatchObject([
    { kind: 'DSA' },
    { kind: 'PGP' },
  ]);
});

test('a v6 package holds many signatures, each once, and none of header and payload', () => {
  const bytes = writeV6();
  const packet = (byte: number) => Buffer.from([0xc2, 3, 4, 0, byte]);
  const change = (from: Uint8Array, ...numbers: number[]) => {
    const add: NewSignature[] = numbers.map((byte) => ({ kind: 'OPENPGP', packet: packet(byte) }));
    return joined(changeFront(headersOf(from), { add, old: 'keep' }), from);
  };
  const twice = change(change(bytes, 1), 1, 2, 2);
  const headers = headersOf(twice);
  expect(headers.signature.get(SIGTAG.OPENPGP)).toEqual(
    [1, 2].map((byte) => packet(byte).toString('base64')),
  );
  expect(() => changeFront(headers, { add: [{ kind: 'GPG', packet: packet(1) }], old: 'keep' })).toThrow(
    expect.objectContaining({ code: 'bad_signature' }),
  );
  const gone = headersOf(joined(changeFront(headers, { old: 'remove' }), twice));
  expect(gone.signature.tags()).not.toContain(SIGTAG.OPENPGP.number);
});

test('rpm reads a v6 splice, and gives its signatures of files one by one', async () => {
  const bytes = writeV6();
  const unsigned = headersOf(bytes);
  const packet = await signed(unsigned.header.bytes);
  const front = changeFront(unsigned, {
    add: [
      { kind: 'OPENPGP', packet },
      { kind: 'RSA', packet },
    ],
    old: 'remove',
    files: ['0302', ''],
  });
  const path = await splice(front, bytes);
  expect(await check(path)).toMatch(
    /Header V4 RSA\/SHA256 Signature, key ID [0-9a-f]+: OK\n.*SHA256 digest: OK/,
  );
  const format = '[%{FILENAMES} %{FILESIGNATURES}\n]%{FILESIGNATURELENGTH}';
  expect(await run('rpm', ['-qp', '--nosignature', '--qf', format, '--', path])).toBe(
    '/etc/a 0302\n/usr/share/ü/b \n2',
  );
  const without = changeFront(await readHeaders(path), { old: 'keep', files: 'remove' });
  const tags = headersOf(joined(without, await readFile(path))).signature.tags();
  expect(tags).toEqual([268, 273, 278, 279, 999]);
});

test('what is kept of a signed copy is small, and makes its front again', async () => {
  const signedHeaders = await readHeaders(packages.signed);
  const kept = keptSignature(signedHeaders);
  expect(kept.length).toBeLessThan(8192);
  const original = await unsignedOfSigned();
  const front = joinFront(await readHeaders(original), kept);
  const expected = await readFile(packages.signed);
  expect(await readFile(await splice(front, original))).toEqual(expected);
  expect(await digestSplice(front, original)).toEqual({
    sha256: createHash('sha256').update(expected).digest('hex'),
    size: expected.length,
  });
  expect(await digestSplice(front, await readFile(original))).toEqual(await digestSplice(front, original));
  const others = packages.files.filter((path) => path !== original);
  for (const other of others) {
    const headers = await readHeaders(other);
    expect(() => joinFront(headers, kept)).toThrow(expect.objectContaining({ code: 'other_package' }));
  }
  for (const damaged of [
    new Uint8Array(0),
    kept.subarray(0, 40),
    kept.subarray(0, -1),
    expected.subarray(96),
  ])
    expect(() => joinFront(signedHeaders, damaged)).toThrow(RpmError);
});

test('a signature header past the limits is refused, whoever makes it', async () => {
  const [path = ''] = packages.files;
  const headers = await readHeaders(path, { signatureBytes: 5000 });
  const add: NewSignature[] = [{ kind: 'RSA', packet: new Uint8Array(6000) }];
  expect(() => changeFront(headers, { add, old: 'keep' })).toThrow(
    expect.objectContaining({ code: 'header_too_large' }),
  );
});

/** Any signature header: sizes of any width, with room or without, tags that are not known here, with its region or not. */
const OTHERS = [264, 265, 269, 270, 271, 273, 1000, 1004, 1007, 1010, 1011];
const someEntry = fc.record({
  tag: fc.constantFrom(...OTHERS),
  type: fc.constantFrom(3, 4, 5, 6, 7, 8),
  values: fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 9 }),
});
const someHeader = fc.record({
  others: fc.uniqueArray(someEntry, { selector: ({ tag }) => tag, maxLength: 8 }),
  reserved: fc.option(fc.integer({ min: 1, max: 600 })),
  hasOld: fc.boolean(),
});

test('whatever stands in a signature header, only the signatures change, and the length where there is room', () => {
  fc.assert(
    fc.property(someHeader, fc.uint8Array({ minLength: 1, maxLength: 500 }), (made, packet) => {
      const entries: Entry[] = made.others.map(({ tag, type, values }) =>
        type === 6 || type === 8
          ? typedEntry(tag, type, type === 6 ? 'ab' : values.map(String))
          : typedEntry(tag, type, type === 7 ? Uint8Array.from(values) : values),
      );
      if (made.reserved !== null) entries.push(entry(SIGTAG.RESERVEDSPACE, new Uint8Array(made.reserved)));
      if (made.hasOld) entries.push(entry(SIGTAG.DSA, new Uint8Array(70)));
      const header = writeHeader(
        63,
        entriesOfV6().filter(({ tag }) => tag !== 5114),
      );
      const bytes = joinPackage(writeLead(3), writeHeader(62, entries), header, PAYLOAD);
      const before = headersOf(bytes);
      const front = changeFront(before, { add: [{ kind: 'RSA', packet }], old: 'remove' });
      const signedBytes = joined(front, bytes);
      const after = headersOf(signedBytes);
      expect(after.leadBytes).toEqual(before.leadBytes);
      expect(after.header.bytes).toEqual(before.header.bytes);
      expect(Buffer.from(after.signature.get(SIGTAG.RSA) ?? []).equals(packet)).toBe(true);
      const changed = [SIGTAG.RSA.number, SIGTAG.DSA.number, SIGTAG.RESERVEDSPACE.number];
      expect(tagsOf(after.signature, ...changed)).toEqual(tagsOf(before.signature, ...changed));
      expect(after.signature.tags()).toEqual(after.signature.tags().toSorted((a, b) => a - b));
      // A little of the room may go to alignment: numbers want their own boundaries.
      if (made.reserved !== null && made.reserved > packet.length + 40)
        expect(Math.abs(after.headerRange.start - before.headerRange.start)).toBeLessThanOrEqual(8);
      const again = headersOf(joined(changeFront(after, { old: 'remove' }), signedBytes));
      expect(tagsOf(again.signature, ...changed)).toEqual(tagsOf(before.signature, ...changed));
      expect(again.signature.has(SIGTAG.RESERVEDSPACE)).toBe(made.reserved !== null);
    }),
    { seed: 4, numRuns: 500 },
  );
});

test('signed and unsigned again, all that rpm shows of a package is as it was', async () => {
  const show = async (path: string) =>
    (await run('rpm', ['-qp', '--nosignature', '--xml', '--', path])).replace(/<integer>\d+<\/integer>/g, '');
  const once = await readHeaders(packages.signed);
  const original = await unsignedOfSigned();
  const back = await splice(changeFront(once, { old: 'remove' }), packages.signed);
  expect(await show(back)).toBe(await show(original));
  expect(await check(back)).toBe((await check(original)).replaceAll(original, back));
  await rm(back);
});
