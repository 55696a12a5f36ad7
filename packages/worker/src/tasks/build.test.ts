import { SameRoot } from '@moromi/buildroot';
import { expect, test } from 'vitest';
import { entriesOfV6, requiring, writeV6 } from '../../../rpm/src/testing/writer.ts';
import { buildLease } from '../testing/lease.ts';
import { scene, until } from '../testing/scene.ts';
import { srpm, start } from '../testing/start.ts';

test('a root that comes out as the order names it ends the task well, with nothing built', async () => {
  await using stage = await scene();
  const worker = start(stage, async () => {
    throw new SameRoot();
  });
  const lease = buildLease(34, stage.hub.addBlob(srpm));
  const unless = 'a'.repeat(64);
  if (lease.source !== undefined) lease.source.root.unless = unless;
  stage.hub.offer(lease);
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  expect(await worker.exit).toBe(0);
  expect(stage.hub.results.get('34-1')).toEqual({ outcome: 'done', identical: true });
  expect(worker.driver.orders[0]?.unless).toBe(unless);
  expect(worker.driver.destroyed).toEqual(['34-1']);
});

const stating = (...names: string[]): Buffer =>
  writeV6(
    [],
    [...entriesOfV6(), ...requiring(names)].sort((a, b) => a.tag - b.tag),
  );

test.each([
  ['in its order', stating('zlib-devel', 'gcc'), ['gcc', 'zlib-devel']],
  ['not where it holds what no line of a log may', stating('gcc', 'a\nb'), undefined],
  ['not where it cannot be read, which the step tells', srpm, undefined],
])('what a source package states goes with the order: %s', async (_, bytes, expects) => {
  await using stage = await scene();
  const worker = start(stage);
  stage.hub.offer(buildLease(35, stage.hub.addBlob(bytes)));
  await until(() => stage.hub.results.size === 1);
  worker.leave();
  await worker.exit;
  expect(worker.driver.orders[0]?.expects).toEqual(expects);
});
