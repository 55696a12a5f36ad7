import { SameRoot } from '@moromi/buildroot';
import { expect, test } from 'vitest';
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
