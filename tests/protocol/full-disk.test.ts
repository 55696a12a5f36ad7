/** A disk that fills up under the blobs: a small loop file system, so only root can run this. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderStore } from '../../packages/hub/src/blobs/index.ts';

const run = promisify(execFile);
let folder: string;
let mounted = false;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-full-'));
  await mkdir(join(folder, 'disk'));
  const image = join(folder, 'image');
  await writeFile(image, '');
  await truncate(image, 4 * 1024 * 1024);
  await run('mkfs.ext4', ['-q', '-m', '0', image]);
  mounted = await run('mount', ['-o', 'loop', image, join(folder, 'disk')]).then(
    () => true,
    () => false,
  );
});
afterAll(async () => {
  if (mounted) await run('umount', [join(folder, 'disk')]);
  await rm(folder, { recursive: true });
});

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a full disk', () => {
  test('refuses with a code that says so, keeps nothing by halves and goes on when there is room', async (context) => {
    if (!mounted) return context.skip('this machine mounts no loop file systems');
    const store = await FolderStore.open(join(folder, 'disk/blobs'));
    const kept: Buffer[] = [];
    // Sizes that do not fit blocks, so that the last write that fits is a part of one.
    for (let n = 0; ; n++) {
      const bytes = randomBytes(300_000 + n * 1111);
      const said = await store.put(Readable.from([bytes])).catch((error: unknown) => error);
      if (said instanceof Error) {
        expect(said).toMatchObject({ code: 'storage_full', status: 507 });
        break;
      }
      kept.push(bytes);
    }
    const bytes = randomBytes(400_000);
    const part = store.putPart('u', 0, hash(bytes), bytes.length, Readable.from([bytes]));
    await expect(part).rejects.toMatchObject({ code: 'storage_full' });
    expect(await readdir(join(folder, 'disk/blobs/aside'))).toEqual([]);
    for (const one of kept) {
      const parts: Buffer[] = [];
      for await (const piece of await store.open(hash(one))) parts.push(piece as Buffer);
      expect(Buffer.concat(parts).equals(one)).toBe(true);
    }
    const [first] = kept;
    if (first === undefined) throw new Error('nothing fitted at all');
    await rm(store.path(hash(first)));
    const again = randomBytes(200_000);
    expect((await store.put(again)).sha256).toBe(hash(again));
  });
});
