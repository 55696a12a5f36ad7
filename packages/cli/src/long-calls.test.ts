import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

test('what takes the hub long is waited for as long as it may take', async () => {
  await using hub = await FakeHub.start();
  const none = { blobs: 0, bytes: 0 };
  hub.on('POST', /collect$/, () => ({ condemned: none, waiting: none, deleted: none, strays: none }));
  hub.on('POST', /sync$/, () => ({ commit: 'c'.repeat(40), change: null, differences: [] }));
  hub.on('POST', /import$/, () => ({ items: [] }));
  const folder = await mkdtemp(join(tmpdir(), 'moromi-cli-'));
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0x8eade801);
  await writeFile(join(folder, 'a-1-1.noarch.rpm.sig'), header);
  const limits = vi.spyOn(AbortSignal, 'timeout');
  try {
    for (const words of [['gc'], ['sync-catalogue'], ['import-sig', folder]])
      expect((await play(hub.address, words)).exit).toBe(0);
    expect(limits.mock.calls).toEqual([[3_600_000], [300_000], [3_600_000]]);
  } finally {
    limits.mockRestore();
    await rm(folder, { recursive: true });
  }
});
