/** Builds that fail by the machine's or the network's fault: tried again, and said so. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../harness/promises.ts';
import { copyTree, System } from '../harness/system.ts';
import { warmed } from '../harness/warmth.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ worker: false });
});
afterAll(() => system?.stop());

/** A port of this machine at which nobody answers. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('builds wait for an external repository of which nothing was read yet, and say what ails it', async () => {
  const port = await closedPort();
  const url = `http://127.0.0.1:${port}/$arch`;
  await system.addTarget('cut-off', { externalRepos: [{ name: 'nowhere', url, priority: 50 }] });
  const { id, task } = await system.submit('whoami', { scratch: true }, 'cut-off');
  const external = await system.until('the trouble is told', async () => {
    const found = await system.client.call('getExternal', { params: { name: 'nowhere' } });
    return found.arches.every((one) => one.trouble !== null) ? found : undefined;
  });
  expect(external.arches.map((one) => one.trouble?.code)).toEqual(['repo_unreachable', 'repo_unreachable']);
  const failed = await system.until('its revision is not made', async () => {
    const { items } = await system.client.call('listTasks', { query: { kind: 'publish', state: 'failed' } });
    return items.find((one) => one.label === 'cut-off');
  });
  expect(failed.failure).toMatchObject({
    code: 'external_pending',
    message: expect.stringContaining('nowhere'),
  });
  const waiting = await system.client.call('getTask', { params: { id: task } });
  expect([waiting.state, waiting.attempt]).toEqual(['free', 0]);
  await system.client.call('cancelBuild', { params: { id }, body: {} }).catch(() => {});
}, 150_000);

test('a full disk is the infrastructure’s fault; the worker survives it and builds again when there is room', async (context) => {
  for (const other of system.workers.values()) await other.kill();
  const home = system.home('small');
  mkdirSync(home);
  const image = join(system.dir, 'small.img');
  execFileSync('truncate', ['--size=3G', image]);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image]);
  const mounted = spawnSync('mount', ['-o', 'loop', '--', image, home], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    console.warn(
      `NOT TESTED: this machine refuses loop devices (${mounted.stderr.trim()}), so no disk can be filled`,
    );
    context.skip();
  }
  copyTree(join(await warmed(), 'driver'), join(home, 'driver'), []);
  const room = (): number =>
    Number(execFileSync('stat', ['-f', '-c', '%a', home], { encoding: 'utf8' })) * 4096;
  execFileSync('fallocate', ['-l', String(room() - 300 * 2 ** 20), join(home, 'filler')]);
  const worker = await system.startWorker({ name: 'small', slots: 1 });
  const { id } = await system.submit('fill-disk', { define: { fill_mib: '600' }, arches: ['x86_64'] });
  const build = await system.over(id, 150_000);
  expect(build).toMatchObject({ state: 'failed', failure: { code: 'disk_full', fault: 'infrastructure' } });
  expect(build.failure?.message).toMatch(/disk/);
  expect(system.feed.of(id).filter((event) => event.type === 'task.retried')).toHaveLength(2);
  expect(worker.ending).toBeUndefined();
  rmSync(join(home, 'filler'));
  const again = await system.client.call('resubmitBuild', { params: { id }, body: {} });
  expect(await system.published(again.id, 90_000)).toMatchObject({ state: 'complete' });
  await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
}, 300_000);
