import { expect, test } from 'vitest';
import { buildLease } from '../testing/lease.ts';
import { type Scene, scene, until } from '../testing/scene.ts';
import { srpm, start } from '../testing/start.ts';

const bump = { author: 'Builder <b@example.org>', text: 'Mass rebuild', date: '2026-11-21T12:00:00Z' };
const spec = 'Name: a\nVersion: 1\nRelease: 3%{?dist}\n%changelog\n';

async function rebuilt(stage: Scene, text: string, more: object = { bump }) {
  const { source, ...rest } = buildLease(1, stage.hub.addBlob(srpm), { kind: 'srpm' });
  if (source === undefined) throw new Error('unreachable');
  stage.hub.offer({ ...rest, source: { ...source, ...more } });
  const worker = start(stage);
  worker.driver.spec = text;
  await until(() => stage.hub.results.has('1-1'));
  worker.leave();
  expect(await worker.exit).toBe(0);
  return { result: stage.hub.results.get('1-1'), worker };
}

test('an order to raise the release gives the driver the edit of the spec that does it', async () => {
  await using stage = await scene();
  const { result, worker } = await rebuilt(stage, spec);
  expect(result?.outcome).toBe('done');
  expect(worker.driver.spec).toBe(
    'Name: a\nVersion: 1\nRelease: 4%{?dist}\n%changelog\n* Sat Nov 21 2026 Builder <b@example.org> - 1-4\n- Mass rebuild\n',
  );
  expect(stage.hub.log(1, 1, 'worker.log').toString()).toContain('raising the release');
});

test('without such an order the spec is left alone', async () => {
  await using stage = await scene();
  const { worker } = await rebuilt(stage, spec, {});
  expect(worker.driver.spec).toBe(spec);
});

test("a spec whose release cannot be raised is the package's failure", async () => {
  await using stage = await scene();
  const { result } = await rebuilt(stage, 'Name: a\nRelease: %autorelease\n');
  expect(result).toMatchObject({ outcome: 'failed', failure: { code: 'no_release', fault: 'package' } });
});

test.each([{ author: ' ' }, { date: 'yesterday' }, { date: '1066-10-14T00:00:00Z' }])(
  'an entry that no changelog can have is refused before a root is made: %j',
  async (change) => {
    await using stage = await scene();
    const { result, worker } = await rebuilt(stage, spec, { bump: { ...bump, ...change } });
    expect(result).toMatchObject({
      outcome: 'failed',
      failure: { code: 'bad_order', fault: 'infrastructure' },
    });
    expect(worker.driver.orders).toEqual([]);
  },
);

test('the target that rpmbuild is told goes to the driver', async () => {
  await using stage = await scene();
  const { source } = buildLease(1, { sha256: 'a'.repeat(64), size: 1 });
  const { worker } = await rebuilt(stage, spec, {
    root: { ...source?.root, target: 'noarch' },
  });
  expect(worker.driver.orders).toMatchObject([{ arch: 'x86_64', target: 'noarch' }]);
});
