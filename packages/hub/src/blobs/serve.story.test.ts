import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Problem } from '@moromi/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { FolderStore } from './folder.ts';
import { insertBlob, insertSplice } from './queries.ts';
import { BlobReader } from './reader.ts';
import { parseRange, serveBlob } from './serve.ts';

const run = promisify(execFile);
const stored = Buffer.from(Array.from({ length: 3000 }, (_, n) => n % 251));
let folder: string;
let server: Server;
let url: string;
let storedHash: string;
let spliced: { bytes: Buffer; sha256: string };
let empty: string;
let ledger: FreshLedger;
let store: FolderStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-serve-'));
  store = await FolderStore.open(folder);
  storedHash = (await store.put(stored)).sha256;
  empty = (await store.put(Buffer.alloc(0))).sha256;
  ledger = await freshLedger();
  spliced = await splice(store);
  const blobs = new BlobReader(ledger.read, store);
  server = createServer((request, reply) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://hub');
    const size = searchParams.get('size');
    const served = {
      sha256: pathname.slice(1),
      type: 'application/x-rpm',
      ...(size === null ? {} : { size: Number(size) }),
    };
    serveBlob(blobs, served, request.method ?? '', request.headers, reply).catch((error: unknown) => {
      const code = error instanceof Problem ? error.code : 'internal';
      if (!reply.headersSent) reply.writeHead(404, { 'x-code': code }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await ledger.close();
  await rm(folder, { recursive: true });
});

/** As long as the stored one, in five pieces of three blobs, one of them empty. */
async function splice(store: FolderStore): Promise<{ bytes: Buffer; sha256: string }> {
  const other = (await store.put(Buffer.alloc(500, 'front'))).sha256;
  await insertBlob(ledger.read, other, 500);
  await insertBlob(ledger.read, storedHash, stored.length);
  const pieces = [
    { sha256: other, start: 10, length: 90 },
    { sha256: storedHash, start: 200, length: 1900 },
    { sha256: other, start: 0, length: 0 },
    { sha256: storedHash, start: 0, length: 1000 },
    { sha256: other, start: 0, length: 10 },
  ];
  const front = Buffer.alloc(500, 'front');
  const bytes = Buffer.concat(
    pieces.map((one) => (one.sha256 === other ? front : stored).subarray(one.start, one.start + one.length)),
  );
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await insertSplice(ledger.read, sha256, bytes.length, pieces);
  return { bytes, sha256 };
}

async function curl(...args: string[]): Promise<{ status: number; head: string; body: Buffer }> {
  const { stdout } = await run('curl', ['-sS', '-i', '--max-time', '10', ...args], {
    encoding: 'buffer',
    maxBuffer: 1e6,
  });
  const end = stdout.indexOf('\r\n\r\n');
  const head = stdout.subarray(0, end).toString().toLowerCase();
  return { status: Number(head.split(' ')[1]), head, body: stdout.subarray(end + 4) };
}

describe.each(['stored', 'spliced'])('a blob that is %s, over HTTP, as curl reads it,', (how) => {
  let bytes: Buffer;
  let sha256: string;
  beforeAll(() => {
    ({ bytes, sha256 } = how === 'stored' ? { bytes: stored, sha256: storedHash } : spliced);
  });

  test('is whole, with its hash as ETag, and may be kept for ever', async () => {
    const reply = await curl(`${url}/${sha256}`);
    expect(reply.status).toBe(200);
    expect(reply.body).toEqual(bytes);
    expect(reply.head).toContain(`etag: "${sha256}"`);
    expect(reply.head).toContain('immutable');
  });

  test.each([
    ['0-99', 0, 100],
    ['100-', 100, 3000],
    ['-100', 2900, 3000],
    ['2990-9999', 2990, 3000],
    ['-9999', 0, 3000],
  ])('gives the range %s', async (range, start, end) => {
    const reply = await curl('-r', range, `${url}/${sha256}`);
    expect(reply.status).toBe(206);
    expect(reply.head).toContain(`content-range: bytes ${start}-${end - 1}/3000`);
    expect(reply.body).toEqual(bytes.subarray(start, end));
  });

  test('refuses a range beyond its end and says how long it is', async () => {
    const reply = await curl('-r', '3000-', `${url}/${sha256}`);
    expect(reply.status).toBe(416);
    expect(reply.head).toContain('content-range: bytes */3000');
  });

  test('answers several ranges with the whole', async () => {
    expect((await curl('-r', '0-1,5-6', `${url}/${sha256}`)).status).toBe(200);
  });

  test('answers HEAD with the length and nothing else', async () => {
    const reply = await curl('-I', `${url}/${sha256}`);
    expect(reply.head).toContain('content-length: 3000');
    expect(reply.body).toHaveLength(0);
  });

  test('is not sent again to who has it', async () => {
    for (const etag of [`"${sha256}"`, `W/"${sha256}"`, `"x", "${sha256}"`, '*'])
      expect((await curl('-H', `If-None-Match: ${etag}`, `${url}/${sha256}`)).status).toBe(304);
    expect((await curl('-H', 'If-None-Match: "x"', `${url}/${sha256}`)).status).toBe(200);
  });

  test('is resumed only if it is still the same', async () => {
    const resume = (etag: string) => curl('-r', '10-', '-H', `If-Range: ${etag}`, `${url}/${sha256}`);
    expect((await resume(`"${sha256}"`)).status).toBe(206);
    expect((await resume('"other"')).status).toBe(200);
  });

  test('may be empty', async () => {
    const reply = await curl(`${url}/${empty}`);
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
    expect((await curl('-r', '-5', `${url}/${empty}`)).status).toBe(416);
  });
});

describe('a range', () => {
  test('never leaves the file', () => {
    const number = fc.option(fc.nat(5000), { nil: undefined });
    fc.assert(
      fc.property(number, number, fc.nat(4000), (first, last, size) => {
        const range = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (range === undefined || range === 'unsatisfiable') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });

  test('that is no range is not heeded', () => {
    for (const header of [
      undefined,
      '',
      'bytes=',
      'bytes=-',
      'bytes=a-b',
      'lines=1-2',
      'bytes=5-2',
      'bytes=1-2,4-5',
    ])
      expect(parseRange(header, 100)).toBeUndefined();
  });
});

test('a splice of what is not there, and pieces that are not its size, are refused', async () => {
  const gone = { sha256: 'ab'.repeat(32), start: 0, length: 5 };
  await expect(insertSplice(ledger.read, 'cd'.repeat(32), 5, [gone])).rejects.toThrow('a part of the splice');
  expect((await curl(`${url}/${'cd'.repeat(32)}`)).status).toBe(404);
  await expect(insertSplice(ledger.read, 'ef'.repeat(32), 6, [gone])).rejects.toThrow('not its size');
});

test('a blob of many buffers comes as it is, to many clients at once, also when others leave in the middle', async () => {
  const bytes = randomBytes(1_500_000);
  const { sha256 } = await store.put(bytes);
  const leave = async (): Promise<void> => {
    const away = new AbortController();
    const reply = await fetch(`${url}/${sha256}`, { signal: away.signal });
    await reply.body?.getReader().read();
    away.abort();
  };
  const stay = async (): Promise<void> => {
    const got = Buffer.from(await (await fetch(`${url}/${sha256}`)).arrayBuffer());
    expect(got.equals(bytes)).toBe(true);
  };
  for (let round = 0; round < 3; round++)
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 3 === 0 ? leave() : stay())));
});

test('a blob that has become shorter on the disk is not given as if it were whole', async () => {
  const { sha256 } = await store.put(randomBytes(1_000_000));
  const blob = await new BlobReader(ledger.read, store).find(sha256);
  const served = createServer((_, reply) => {
    reply.writeHead(200, { 'content-length': blob.size });
    void blob
      .pour(undefined, reply)
      .then((pouring) => pouring())
      .catch(() => {});
  });
  await new Promise<void>((resolve) => served.listen(0, '127.0.0.1', resolve));
  await truncate(store.path(sha256), 600_000);
  const { port } = served.address() as AddressInfo;
  await expect(fetch(`http://127.0.0.1:${port}/`).then((reply) => reply.arrayBuffer())).rejects.toThrow();
  served.close();
});

test('a file that has lost its end is told as damaged, and nothing of it is given', async () => {
  const bytes = randomBytes(5000);
  const { sha256 } = await store.put(bytes);
  const whole = await fetch(`${url}/${sha256}?size=5000`);
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  await truncate(store.path(sha256), 4000);
  for (const headers of [{}, { range: 'bytes=0-99' }, { 'if-none-match': `"${sha256}"` }]) {
    const reply = await fetch(`${url}/${sha256}?size=5000`, { headers });
    expect({ status: reply.status, code: reply.headers.get('x-code') }).toEqual({
      status: 404,
      code: 'blob_damaged',
    });
  }
});
