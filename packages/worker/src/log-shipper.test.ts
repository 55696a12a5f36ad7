import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogShipper } from './log-shipper.ts';
import { until } from './testing/scene.ts';

test('a large log goes out piece after piece without resting in between', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'moromi-shipper-'));
  const pieces = 96;
  await writeFile(join(dir, 'build.log'), Buffer.alloc(pieces * 1024 * 1024, 'log line\n'));
  const file = await open(join(dir, 'build.log'));
  const sent: number[] = [];
  const shipper = new LogShipper(file, async (bytes, offset) => {
    sent.push(bytes.length);
    return offset + bytes.length;
  });
  const started = performance.now();
  const run = shipper.run();
  // While it may still grow: what has ended rests no more.
  await until(() => sent.reduce((sum, one) => sum + one, 0) === pieces * 1024 * 1024);
  // It takes 0.1 s where nothing else runs; resting after each piece would make it 4.8.
  expect((performance.now() - started) / 1000).toBeLessThan(2.4);
  expect(sent).toHaveLength(pieces);
  shipper.end();
  expect(await run).toEqual({ whole: true });
  await file.close();
  await rm(dir, { recursive: true });
});
