import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderStore } from './folder.ts';
import { parseRange, serveBlob } from './serve.ts';

const run = promisify(execFile);
const bytes = Buffer.from(Array.from({ length: 3000 }, (_, n) => n % 251));
let folder: string;
let server: Server;
let url: string;
let sha256: string;
let empty: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-serve-'));
  const store = await FolderStore.open(folder);
  ({ sha256 } = await store.put(bytes));
  empty = (await store.put(Buffer.alloc(0))).sha256;
  server = createServer((request, reply) => {
    const served = { sha256: (request.url ?? '').slice(1), type: 'application/x-rpm' };
    serveBlob(store, served, request.method ?? '', request.headers, reply).catch(() =>
      reply.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

async function curl(...args: string[]): Promise<{ status: number; head: string; body: Buffer }> {
  const { stdout } = await run('curl', ['-sS', '-i', '--max-time', '10', ...args], {
    encoding: 'buffer',
    maxBuffer: 1e6,
  });
  const end = stdout.indexOf('\r\n\r\n');
  const head = stdout.subarray(0, end).toString().toLowerCase();
  return { status: Number(head.split(' ')[1]), head, body: stdout.subarray(end + 4) };
}

describe('a blob over HTTP, as curl reads it', () => {
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
