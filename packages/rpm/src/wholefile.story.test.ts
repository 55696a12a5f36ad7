import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHeaders } from './headers.ts';
import { readPieces } from './pieces.ts';
import { SIGTAG, TAG } from './tags.ts';
import { oldPackage } from './testing/oldpackage.ts';
import { buildPackages, type Packages } from './testing/packages.ts';
import { output } from './testing/rpm.ts';
import {
  entriesOfV6,
  entry,
  joinPackage,
  PAYLOAD,
  writeHeader,
  writeLead,
  writeV6,
} from './testing/writer.ts';
import { FileCheck, headerCoversPayload } from './wholefile.ts';

let packages: Packages;
beforeAll(async () => {
  packages = await buildPackages();
}, 60_000);
afterAll(() => packages[Symbol.asyncDispose]());

async function faultsOf(path: string): Promise<readonly string[]> {
  await using file = await open(path);
  const headers = await readHeaders(file);
  const check = new FileCheck(headers);
  for await (const piece of readPieces(file, headers.headerRange.end)) check.update(piece);
  const { whole, faults } = check.finish();
  expect(whole).toBe(faults.length === 0);
  return faults;
}

async function faultsOfBytes(bytes: Uint8Array): Promise<readonly string[]> {
  const path = join(packages.folder, 'made.rpm');
  await writeFile(path, bytes);
  return faultsOf(path);
}

test('what rpmbuild and rpmsign made is whole', async () => {
  for (const path of [...packages.files, packages.signed]) expect(await faultsOf(path), path).toEqual([]);
  expect(await faultsOfBytes(writeV6())).toEqual([]);
});

test('a package of EL7 is whole by its MD5 and SHA-1, as rpm says too', async () => {
  const path = join(packages.folder, 'old.rpm');
  await writeFile(path, oldPackage(await readFile(packages.files[0] ?? '')));
  expect(await faultsOf(path)).toEqual([]);
  expect(headerCoversPayload(await readHeaders(path))).toBe(false);
  expect(headerCoversPayload(await readHeaders(packages.signed))).toBe(true);
  const answer = await output('rpmkeys', ['-Kv', '--', path]);
  expect(answer).toMatch(/Header SHA1 digest: OK\n\s*MD5 digest: OK\n$/);
});

test('every byte of header and payload counts, wherever rpm finds damage too', async () => {
  for (const old of [false, true]) {
    const made = await readFile(packages.signed);
    const file = old ? oldPackage(made) : made;
    const path = join(packages.folder, 'damaged.rpm');
    await writeFile(path, file);
    const { headerRange } = await readHeaders(path);
    const payload = Math.floor((headerRange.end + file.length) / 2);
    const inHeader = file.indexOf('small', headerRange.start);
    for (const at of [inHeader, headerRange.end, payload, file.length - 1]) {
      const damaged = Buffer.from(file);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
      await writeFile(path, damaged);
      expect((await faultsOf(path)).length, `${old} ${at}`).toBeGreaterThan(0);
      expect(await output('rpmkeys', ['-Kv', '--', path])).toContain('BAD');
    }
  }
});

test('a file that is cut, or goes on after its end, is not whole', async () => {
  const file = await readFile(packages.signed);
  const cut = await faultsOfBytes(file.subarray(0, -7));
  expect(cut).toContain(`It has ${file.length - 7} bytes and states that it has ${file.length}.`);
  const longer = await faultsOfBytes(Buffer.concat([file, Buffer.alloc(9)]));
  expect(longer).toContain(`It has ${file.length + 9} bytes and states that it has ${file.length}.`);
  const six = writeV6();
  expect((await faultsOfBytes(six.subarray(0, -1))).join()).toContain('bytes and states');
});

test('a package that states nothing of its payload, or of its header, is not taken for whole', async () => {
  const digests = new Set(
    [TAG.PAYLOADSHA256, TAG.PAYLOADSHA512, TAG.PAYLOADSHA3_256].map((tag) => tag.number),
  );
  const header = writeHeader(
    63,
    entriesOfV6().filter(({ tag }) => !digests.has(tag)),
  );
  const signature = writeHeader(62, [entry(SIGTAG.RESERVED, Buffer.alloc(8))]);
  expect(await faultsOfBytes(joinPackage(writeLead(4), signature, header, PAYLOAD))).toEqual([
    'It states no digest of its header.',
    'It states no digest of its payload.',
  ]);
});
