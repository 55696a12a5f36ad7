import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { FolderStore } from '../blobs/index.ts';
import { tell } from '../ledger/index.ts';
import { endAttempt, endTask, insertTask } from '../tasks/queries.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import { appendLog, type Piece } from './append.ts';
import { findLog, type LogFacts } from './queries.ts';
import { LogReader } from './read.ts';
import { sealLogs } from './seal.ts';

let ledger: FreshLedger;
let root: string;
let store: FolderStore;
let reader: LogReader;
const never = new AbortController().signal;
beforeAll(async () => {
  ledger = await freshLedger(20);
  root = await mkdtemp(join(tmpdir(), 'moromi-logs-'));
  store = await FolderStore.open(root);
  reader = new LogReader(ledger, store);
});
afterAll(async () => {
  await checkPromises(ledger.access, root);
  await ledger.close();
  await rm(root, { recursive: true });
});

/** A task that worker w holds. */
async function leasedTask(): Promise<number> {
  return await ledger.tx('test', async (tx) => {
    const facts = { kind: 'srpm' as const, label: 'x', arch: null, owner: 'o', priority: 1, build: null };
    const id = await insertTask(tx, { ...facts, parent: null, request: {} }, { seconds: 1, runs: 0 });
    await sql`UPDATE tasks SET state = 'leased', attempt = 1, worker = 'w', lease_until = ledger_now() + interval '1 hour' WHERE id = ${id}`.execute(
      tx,
    );
    await sql`INSERT INTO task_attempts (task_id, attempt, worker, slot, nonce, leased_at) VALUES (${id}, 1, 'w', 0, ${`n${id}`}, ledger_now())`.execute(
      tx,
    );
    return id;
  });
}

const append = (task: number, offset: number, bytes: Uint8Array, more: Partial<Piece> = {}) =>
  appendLog(
    ledger,
    { task, attempt: 1, worker: 'w', log: 'build.log', offset, complete: false, ...more },
    Readable.from([bytes]),
  );

async function logOf(task: number): Promise<LogFacts> {
  const log = await findLog(ledger.read, task, 1, 'build.log');
  if (log === undefined) throw new Error('there is no log');
  return log;
}

async function readAll(task: number, offset = 0, follow = false, gone = never): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of reader.read((await logOf(task)).id, offset, follow, gone)) parts.push(part);
  return Buffer.concat(parts);
}

describe('a log', () => {
  test('is what was written, whatever is sent twice, out of turn or overlapping', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.array(fc.tuple(fc.nat(400), fc.nat(100)), { maxLength: 12 }),
        async (bytes, tries) => {
          const task = await leasedTask();
          let size = 0;
          for (const [from, length] of [...tries, [0, 400] as const]) {
            const offset = Math.min(from, bytes.length);
            const piece = bytes.subarray(offset, offset + length);
            const end = offset + piece.length;
            const known = end <= size;
            const said = await append(task, offset, piece).catch((error: unknown) => error);
            if (known) expect(said).toEqual({ size });
            else if (offset !== size) expect(said).toMatchObject({ code: 'log_gap', facts: { size } });
            else {
              size = end;
              expect(said).toEqual({ size });
            }
          }
          await append(task, size, bytes.subarray(size), { complete: true });
          expect(await readAll(task)).toEqual(Buffer.from(bytes));
        },
      ),
      { numRuns: 15 },
    );
  });

  test('is one of several whose pieces come at once when a lost attempt comes back: each is taken', async () => {
    const task = await leasedTask();
    await sql`UPDATE tasks SET state = 'free', worker = NULL, lease_until = NULL WHERE id = ${task}`.execute(
      ledger.read,
    );
    await ledger.tx('test', (tx) => endAttempt(tx, task, 1, 'lost', null));
    const names = ['build.log', 'root.log', 'state.log', 'hw_info.log', 'worker.log', 'mock.log'];
    const sizes = await Promise.all(names.map((log) => append(task, 0, Buffer.from(log), { log })));
    expect(sizes.map((one) => one.size)).toEqual(names.map((log) => log.length));
    const { rows } =
      await sql`SELECT FROM tasks WHERE id = ${task} AND state = 'leased' AND worker = 'w'`.execute(
        ledger.read,
      );
    expect(rows).toHaveLength(1);
  });

  test('is read from any offset, while it runs and when it is sealed', async () => {
    const task = await leasedTask();
    // More than one frame of the sealed blob, and not compressible, so that frames are large.
    const bytes = randomBytes(2_500_000);
    const piece = 700_000;
    for (let at = 0; at < bytes.length; at += piece)
      await append(task, at, bytes.subarray(at, at + piece), { complete: at + piece >= bytes.length });
    const offsets = [
      0,
      1,
      piece,
      piece + 5,
      1024 * 1024 - 1,
      1024 * 1024,
      2_200_000,
      bytes.length - 1,
      bytes.length,
      bytes.length + 9,
    ];
    for (const offset of offsets)
      expect((await readAll(task, offset)).equals(bytes.subarray(offset))).toBe(true);
    expect(await sealLogs(ledger, store, reader)).toBeGreaterThan(0);
    expect((await logOf(task)).sealed).not.toBeNull();
    for (const offset of offsets)
      expect((await readAll(task, offset)).equals(bytes.subarray(offset))).toBe(true);
  });

  test('is followed by many from different places, each byte once, through its sealing', async () => {
    const task = await leasedTask();
    await append(task, 0, Buffer.from('first\n'));
    const readers = Array.from({ length: 20 }, (_, n) => readAll(task, n % 7, true));
    let text = 'first\n';
    for (let n = 0; n < 20; n++) {
      const line = `line ${n}\n`;
      await append(task, text.length, Buffer.from(line), { complete: n === 19 });
      text += line;
    }
    await sealLogs(ledger, store, reader);
    readers.push(readAll(task, 3, true));
    for (const [n, got] of (await Promise.all(readers)).entries())
      expect(got.toString()).toBe(text.slice(n === 20 ? 3 : n % 7));
  });

  test('is followed to its end when the attempt ends without a word', async () => {
    const task = await leasedTask();
    await append(task, 0, Buffer.from('half'));
    const reading = readAll(task, 0, true);
    await ledger.tx('test', async (tx) => {
      await endAttempt(tx, task, 1, 'failed', null);
      await endTask(tx, task, 'failed', null, null);
      tell(tx, { type: 'task.failed', subject: `task:${task}`, actor: 'w' });
    });
    expect((await reading).toString()).toBe('half');
  });

  test('lets a reader go at once', async () => {
    const task = await leasedTask();
    await append(task, 0, Buffer.from('x'));
    const gone = new AbortController();
    const reading = readAll(task, 0, true, gone.signal);
    setTimeout(() => gone.abort(), 50);
    expect((await reading).toString()).toBe('x');
  });

  test('takes nothing after its end, from a stranger, or under an old fence', async () => {
    const task = await leasedTask();
    await append(task, 0, Buffer.from('all'), { complete: true });
    await expect(append(task, 3, Buffer.from('more'))).rejects.toMatchObject({
      code: 'log_gap',
      facts: { complete: true },
    });
    expect(await append(task, 0, Buffer.from('all'), { complete: true })).toEqual({ size: 3 });
    const lost = { code: 'lease_lost' };
    await expect(append(task, 3, Buffer.from('x'), { worker: 'other' })).rejects.toMatchObject(lost);
    await expect(append(task, 3, Buffer.from('x'), { attempt: 2 })).rejects.toMatchObject(lost);
    await expect(append(999_999, 0, Buffer.from('x'))).rejects.toMatchObject({ code: 'unknown_task' });
  });

  test('of nothing can be complete and sealed', async () => {
    const task = await leasedTask();
    await append(task, 0, Buffer.alloc(0), { complete: true });
    await sealLogs(ledger, store, reader);
    expect(await logOf(task)).toMatchObject({ size: 0, complete: true });
    expect(await readAll(task, 0, true)).toHaveLength(0);
  });

  test('has pieces of a sensible size, and an attempt a sensible number of logs', async () => {
    const task = await leasedTask();
    await expect(append(task, 0, Buffer.alloc(1024 * 1024 + 1))).rejects.toMatchObject({ code: 'too_large' });
    for (let n = 0; n < 64; n++) await append(task, 0, Buffer.from('x'), { log: `l${n}` });
    await expect(append(task, 0, Buffer.from('x'), { log: 'one-more' })).rejects.toMatchObject({
      code: 'log_too_large',
    });
  });
});
