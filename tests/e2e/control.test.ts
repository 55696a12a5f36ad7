/** What people do to builds: cancel, resubmit, and the command line's way through it all. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../harness/promises.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { processesWith } from '../harness/sweep.ts';
import { System, sample } from '../harness/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
  }
});

test('canceling a build ends its processes, and says so', async () => {
  const seconds = `4321.${process.pid}`;
  const spec = makeSpec(system.dir, 'sleeper', {
    body: `%build\n(setsid sleep ${seconds} &)\necho asleep\nsleep ${seconds}\n%install\n%files\n`,
  });
  const { id } = await system.submit(packSpec(spec, join(system.dir, 'srpms')));
  await system.until('both sleepers run', () => processesWith(seconds).length === 2 || undefined);
  const started = performance.now();
  const canceled = await system.cli(['cancel', String((await system.detail(id)).task)]);
  expect(canceled, canceled.out).toMatchObject({ code: 0 });
  await system.until('the sleepers are gone', () => processesWith(seconds).length === 0 || undefined);
  // The worker hears of it with its next heartbeat at the latest.
  expect(performance.now() - started).toBeLessThan(25_000);
  const build = await system.over(id);
  expect(build).toMatchObject({ state: 'canceled', failure: { code: 'canceled' }, tags: [] });
  // The NVR is free again.
  const again = await system.submit(packSpec(makeSpec(system.dir, 'sleeper'), join(system.dir, 'srpms-2')));
  expect(await system.published(again.id)).toMatchObject({ state: 'complete', nvr: 'sleeper-1-1.el9' });
});

test('a failed build is resubmitted with its options', async () => {
  const first = await system.submit('bad-build', { dist: '.again', arches: ['x86_64'] });
  expect(await system.over(first.id)).toMatchObject({ state: 'failed', failure: { code: 'build_failed' } });
  const done = await system.cli(['resubmit', String(first.id)]);
  expect(done.code, done.out).toBe(1);
  const { items } = await system.client.call('listBuilds', { query: { package: 'bad-build' } });
  expect(items).toHaveLength(2);
  const second = await system.over(items[0]?.id ?? 0);
  expect(second).toMatchObject({
    nvr: 'bad-build-1.0-1.again',
    options: { dist: '.again', arches: ['x86_64'] },
  });
});

test('moromi build ends with 0 when the build is complete, and shows the way', async () => {
  const done = await system.cli(['build', 'el9', sample('notes')]);
  expect(done.code, done.out).toBe(0);
  expect(done.out).toMatch(/Created task: \d+/);
  expect(done.out).toMatch(/free -> .*open|free.*->/);
  expect(done.out).toMatch(/completed successfully/);
  const info = await system.cli(['build-info', 'notes-3-1.el9', '--json']);
  expect(JSON.parse(info.out)).toMatchObject({ nvr: 'notes-3-1.el9', state: 'complete' });
  const folder = join(system.dir, 'fetched');
  mkdirSync(folder);
  const fetched = await system.cli(['download-build', 'notes-3-1.el9', '--dir', folder, '--logs']);
  expect(fetched, fetched.out).toMatchObject({ code: 0 });
  expect(readdirSync(folder)).toEqual(
    expect.arrayContaining(['notes-3-1.el9.noarch.rpm', 'notes-3-1.el9.src.rpm']),
  );
});

test('moromi build ends with 1 when the build fails, and says what to do', async () => {
  const done = await system.cli(['build', 'el9', sample('bad-build'), '--scratch']);
  expect(done.code, done.out).toBe(1);
  expect(done.out).toMatch(/build_failed/);
  expect(done.out).toMatch(/what to do: /);
  expect(done.out).toMatch(/about to fail/);
});

test('moromi build refuses what cannot be built before anything runs', async () => {
  const text = join(system.dir, 'no.src.rpm');
  writeFileSync(text, 'this is no package\n'.repeat(100));
  const refused = await system.cli(['build', 'el9', text]);
  expect(refused.code, refused.out).toBe(3);
  expect(refused.out).toMatch(/not an RPM/i);
  const unknown = await system.cli(['build', 'el10', sample('notes')]);
  expect(unknown.code, unknown.out).toBe(3);
  expect(unknown.out).toMatch(/el10/);
});
