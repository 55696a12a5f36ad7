/** A third architecture, which this machine emulates: from a source to what runs where dnf installed it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { makeDistro } from '../../demo/distro/distro.ts';
import { tryArch } from '../../packages/buildroot/src/index.ts';
import { installed } from '../harness/install.ts';
import { System } from '../harness/system.ts';
import { linkDistro } from '../harness/warmth.ts';

const trial = await tryArch('aarch64', inject('runFolder'));
const arches = ['aarch64', 'i686', 'x86_64'] as const;
let system: System;

beforeAll(async () => {
  // Not in the run's own set-up: nothing but this test needs it, and not every machine can have it.
  if (trial.runs !== 'not') await linkDistro('aarch64', (await makeDistro({ arch: 'aarch64' })).repo);
  else console.log(`Skipped: ${trial.remark}`);
  system = await System.start();
});
afterAll(() => system?.stop());

test('a source with a noarch part is built for three architectures, one of them by a worker that names it', async (context) => {
  context.skip(trial.runs === 'not', trial.remark);
  await system.startWorker({ name: 'emulator', arches: 'aarch64', slots: 1 });
  const { items } = await system.client.call('listWorkers', { query: {} });
  expect(items.find((one) => one.name === 'builder')?.offer.arches).not.toContain('aarch64');

  // Everything takes some twenty times as long.
  await system.addTarget('three', { arches: ['x86_64', 'i686', 'aarch64'], timeoutSeconds: 300 });
  const { id } = await system.submit('machine-name', {}, 'three');
  const build = await system.published(id, 300_000);
  const names = ['machine-name', 'machine-name-debuginfo', 'machine-name-debugsource'];
  expect(build.rpms.map((rpm) => rpm.nevra).toSorted()).toEqual(
    [
      ...arches.flatMap((arch) => names.map((name) => `${name}-1.0-1.el9.${arch}`)),
      'machine-name-doc-1.0-1.el9.noarch',
    ].toSorted(),
  );
  const emulated = build.buildroots.find((root) => root.arch === 'aarch64');
  expect(emulated?.worker).toBe('emulator');
  // What %check printed: uname's answer, and the program's own.
  const log = await system.log(emulated?.task ?? 0, 1, 'build.log');
  expect(log).toMatch(/^aarch64$/m);
  expect(log).toMatch(/^compiled for aarch64$/m);

  for (const arch of arches) {
    const root = installed(system, arch, ['machine-name', 'machine-name-doc'], 'three');
    const said = spawnSync('chroot', [root, '/usr/bin/machine-name'], { encoding: 'utf8' });
    expect(said.stdout, said.stderr).toBe(`compiled for ${arch}\n`);
    expect(readFileSync(join(root, 'usr/share/doc/machine-name/README'), 'utf8')).toContain('compiled');
  }
}, 400_000);

test('a worker that names only what this machine can neither run nor emulate says so and ends', async () => {
  const worker = await system.launchWorker({ name: 'hopeful', arches: 'nosuch64' });
  expect(await worker.ends()).toMatchObject({ code: 1 });
  expect(worker.said).toMatch(/Nothing is built for nosuch64 here[^.]*; see that its name is right\./);
});
