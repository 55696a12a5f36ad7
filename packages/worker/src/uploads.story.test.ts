import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, partSize } from '@moromi/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fate, sha256Of } from './testing/hub.ts';
import { type Scene, scene } from './testing/scene.ts';
import { Uploads } from './uploads.ts';

const held = { task: 7, attempt: 2 };
const never = new AbortController().signal;

function uploadsOf(stage: Scene): Uploads {
  stage.hub.held.set(held.task, held.attempt);
  return new Uploads(stage.line);
}

async function file(stage: Scene, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(stage.dir, name);
  await writeFile(path, bytes);
  return path;
}

test('a file of several parts arrives whole, under its name, hash and size', async () => {
  await using stage = await scene();
  const bytes = Buffer.alloc(2 * partSize + 5000, 'package ');
  const sent = await uploadsOf(stage).send(
    stage.dir,
    await file(stage, 'a-1-1.noarch.rpm', bytes),
    held,
    never,
  );
  expect(sent).toEqual({ name: 'a-1-1.noarch.rpm', sha256: sha256Of(bytes), size: bytes.length });
  expect(stage.hub.blobs.get(sent.sha256)?.equals(bytes)).toBe(true);
  expect(stage.hub.named('putPart').map(({ params }) => params['part'])).toEqual(['0', '1', '2']);
});

test('a file that the hub has is not sent, and an empty one is one empty part', async () => {
  await using stage = await scene();
  const bytes = Buffer.from('already there');
  stage.hub.addBlob(bytes);
  const uploads = uploadsOf(stage);
  await uploads.send(stage.dir, await file(stage, 'a.rpm', bytes), held, never);
  const empty = await uploads.send(stage.dir, await file(stage, 'b.rpm', Buffer.alloc(0)), held, never);
  expect(stage.hub.named('putPart')).toHaveLength(1);
  expect(stage.hub.blobs.has(empty.sha256)).toBe(true);
});

test('whatever is cut, every file arrives, and no part that is there is sent again by a new try', async () => {
  await using stage = await scene();
  const fates = fc.array(fc.constantFrom<Fate>('well', 'before', 'after', 'unavailable'), { maxLength: 15 });
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 5000 }) },
    fc.integer({ min: partSize - 2, max: partSize + 2 }),
  );
  const sizes = fc.array(size, { minLength: 1, maxLength: 6 });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(sizes, fates, async (lengths, schedule) => {
      const left = [...schedule];
      stage.hub.fate = () => left.shift() ?? 'well';
      const uploads = uploadsOf(stage);
      const folder = join(stage.dir, `run-${run++}`);
      await mkdir(folder);
      const files = lengths.map((length, at) => ({
        name: `p${at}.rpm`,
        bytes: Buffer.alloc(length, `${run}/${at}.`),
      }));
      for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
      const paths = files.map(({ name }) => join(folder, name));
      const sent = await uploads.sendAll(folder, paths, held, never);
      expect(sent.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
      for (const [at, { bytes }] of files.entries()) {
        expect(stage.hub.blobs.get(sent[at]?.sha256 ?? '')?.equals(bytes)).toBe(true);
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);

test('parts that are there are not sent again', async () => {
  await using stage = await scene();
  const bytes = Buffer.alloc(3 * partSize, 'x');
  const path = await file(stage, 'a.rpm', bytes);
  const uploads = uploadsOf(stage);
  const stop = new AbortController();
  stage.hub.fate = (name, { params }) => {
    if (name !== 'putPart' || params['part'] !== '2') return 'well';
    stop.abort(new Error('cut'));
    return 'before';
  };
  await expect(uploads.send(stage.dir, path, held, stop.signal)).rejects.toThrow('cut');
  stage.hub.fate = () => 'well';
  await uploads.send(stage.dir, path, held, never);
  expect(stage.hub.named('putPart').map(({ params }) => params['part'])).toEqual(['0', '1', '2']);
});

test('an upload that the hub lost or doubts is begun anew', async () => {
  await using stage = await scene();
  const path = await file(stage, 'a.rpm', Buffer.alloc(partSize + 1, 'y'));
  let forgotten = false;
  stage.hub.fate = (name) => {
    if (name === 'completeUpload' && !forgotten) {
      forgotten = true;
      stage.hub.uploads.clear();
    }
    return 'well';
  };
  const sent = await uploadsOf(stage).send(stage.dir, path, held, never);
  expect(stage.hub.blobs.has(sent.sha256)).toBe(true);
});

test('at most four files are on their way at once', async () => {
  await using stage = await scene();
  let now = 0;
  let most = 0;
  stage.hub.fate = (name) => {
    if (name === 'createUpload') most = Math.max(most, ++now);
    if (name === 'completeUpload') now--;
    return 'well';
  };
  stage.hub.latency = () => 5;
  const paths = await Promise.all(
    Array.from({ length: 12 }, (_, at) => file(stage, `f${at}.rpm`, Buffer.from(`file ${at}`))),
  );
  await uploadsOf(stage).sendAll(stage.dir, paths, held, never);
  expect(most).toBeLessThanOrEqual(4);
  expect(most).toBeGreaterThan(1);
});

test('a lost lease ends all of them', async () => {
  await using stage = await scene();
  const uploads = uploadsOf(stage);
  stage.hub.lost.set(held.task, 'canceled');
  const paths = [await file(stage, 'a.rpm', Buffer.from('a')), await file(stage, 'b.rpm', Buffer.from('b'))];
  await expect(uploads.sendAll(stage.dir, paths, held, never)).rejects.toMatchObject({ code: 'lease_lost' });
  expect(new Problem('lease_lost').status).toBe(409);
});

test('links, folders, files elsewhere and bad names are refused as results', async () => {
  await using stage = await scene();
  const uploads = uploadsOf(stage);
  const results = join(stage.dir, 'results');
  await mkdir(join(results, 'folder.rpm'), { recursive: true });
  const outside = await file(stage, 'token.rpm', Buffer.from('secret'));
  await symlink(outside, join(results, 'link.rpm'));
  await symlink(stage.dir, join(results, 'way'));
  await writeFile(join(results, '-rf.rpm'), 'x');
  for (const name of ['folder.rpm', 'link.rpm', 'way/token.rpm', '-rf.rpm', '../token.rpm']) {
    const refused = uploads.send(results, `${results}/${name}`, held, never);
    await expect(refused, name).rejects.toMatchObject({ code: 'bad_result' });
  }
  expect(stage.hub.calls).toEqual([]);
});
