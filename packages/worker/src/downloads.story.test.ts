import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sweepBlobs } from './blob-cache.ts';
import { Downloads } from './downloads.ts';
import type { Fate } from './testing/hub.ts';
import { type Scene, scene, until } from './testing/scene.ts';

const never = new AbortController().signal;
const downloadsOf = (stage: Scene) => new Downloads(stage.dir, stage.line, stage.journal);

test('a file is fetched once, also for two who want it at the same time', async () => {
  await using stage = await scene();
  const wanted = stage.hub.addBlob(Buffer.alloc(300_000, 'srpm '));
  const downloads = downloadsOf(stage);
  const paths = await Promise.all([downloads.get(wanted, never), downloads.get(wanted, never)]);
  paths.push(await downloads.get(wanted, never));
  expect(new Set(paths).size).toBe(1);
  expect(stage.hub.named('getBlob')).toHaveLength(1);
  expect((await readFile(paths[0] ?? '')).equals(stage.hub.blobs.get(wanted.sha256) ?? Buffer.alloc(0))).toBe(
    true,
  );
  expect((await stat(paths[0] ?? '')).mtimeMs).toBe(1e12);
});

test('whatever is cut, the file that comes is the one that was named, fetched on from where it was cut', async () => {
  await using stage = await scene();
  const fates = fc.array(fc.constantFrom<Fate>('well', 'before', 'after', 'unavailable'), { maxLength: 6 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2_000_000 }), fates, async (size, schedule) => {
      const left = [...schedule];
      stage.hub.fate = () => left.shift() ?? 'well';
      const wanted = stage.hub.addBlob(Buffer.alloc(size, `blob ${run++} `));
      const path = await downloadsOf(stage).get(wanted, never);
      expect((await readFile(path)).equals(stage.hub.blobs.get(wanted.sha256) ?? Buffer.alloc(0))).toBe(true);
    }),
    { numRuns: 30 },
  );
}, 60_000);

test('a worker that was killed while fetching goes on by a range', async () => {
  await using stage = await scene();
  const bytes = Buffer.alloc(1_000_000, 'large ');
  const wanted = stage.hub.addBlob(bytes);
  const downloads = downloadsOf(stage);
  await downloads.get(stage.hub.addBlob(Buffer.from('makes the folder')), never);
  const stop = new AbortController();
  stage.hub.fate = () => {
    queueMicrotask(() => stop.abort(new Error('killed')));
    return 'after';
  };
  await expect(downloads.get(wanted, stop.signal)).rejects.toThrow('killed');
  await writeFile(`${downloads.pathOf(wanted.sha256)}.part`, bytes.subarray(0, 400_000));
  const ranges: (string | undefined)[] = [];
  stage.hub.fate = (_, { request }) => {
    ranges.push(request.headers.range);
    return 'well';
  };
  await downloadsOf(stage).get(wanted, never);
  expect(ranges).toEqual(['bytes=400000-']);
});

test('content other than what was named is never taken', async () => {
  await using stage = await scene();
  const wanted = stage.hub.addBlob(Buffer.from('what was named'));
  stage.hub.blobs.set(wanted.sha256, Buffer.from('what was nameD'));
  await expect(downloadsOf(stage).get(wanted, never)).rejects.toMatchObject({ code: 'blob_damaged' });
  expect(stage.hub.named('getBlob')).toHaveLength(3);
  stage.hub.blobs.set(wanted.sha256, Buffer.from('what was named and more'));
  await expect(downloadsOf(stage).get(wanted, never)).rejects.toMatchObject({ code: 'blob_damaged' });
});

test('a file that the hub does not have is an answer, not an outage', async () => {
  await using stage = await scene();
  const wanted = { sha256: 'b'.repeat(64), size: 10 };
  await expect(downloadsOf(stage).get(wanted, never)).rejects.toMatchObject({ code: 'unknown_blob' });
  await expect(downloadsOf(stage).get({ sha256: '../../x', size: 1 }, never)).rejects.toMatchObject({
    code: 'bad_order',
  });
});

test("when one who waits for another's fetching sees it stopped, it fetches itself", async () => {
  await using stage = await scene();
  const wanted = stage.hub.addBlob(Buffer.alloc(100_000, 'x'));
  const downloads = downloadsOf(stage);
  const stop = new AbortController();
  stage.hub.away = true;
  const first = downloads.get(wanted, stop.signal);
  const second = downloads.get(wanted, never);
  await until(() => stage.said.length > 0);
  stop.abort(new Error('stopped'));
  await expect(first).rejects.toThrow('stopped');
  stage.hub.away = false;
  expect((await readFile(await second)).length).toBe(100_000);
});

test('sweeping removes what was used longest ago and nothing of the last hour', async () => {
  await using stage = await scene();
  const downloads = downloadsOf(stage);
  const [old, older, fresh] = ['old', 'older', 'fresh'].map((name) =>
    stage.hub.addBlob(Buffer.alloc(100_000, name)),
  );
  if (old === undefined || older === undefined || fresh === undefined) throw new Error('unreachable');
  for (const one of [old, older, fresh]) await downloads.get(one, never);
  const hoursAgo = (hours: number) => Date.now() / 1000 - hours * 3600;
  await utimes(downloads.pathOf(old.sha256), hoursAgo(2), 1e9);
  await utimes(downloads.pathOf(older.sha256), hoursAgo(3), 1e9);
  await sweepBlobs(stage.dir, 150_000);
  const there = async (sha256: string) =>
    (await stat(downloads.pathOf(sha256)).catch(() => undefined)) !== undefined;
  expect([await there(fresh.sha256), await there(old.sha256), await there(older.sha256)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(join(stage.dir, fresh.sha256.slice(0, 2), fresh.sha256)).toBe(downloads.pathOf(fresh.sha256));
});
