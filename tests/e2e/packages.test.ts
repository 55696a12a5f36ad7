/** What becomes of packages of several kinds on a hub and a worker that run. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveFolder } from '../harness/file-server.ts';
import { installed, rpmQuery } from '../harness/install.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { System } from '../harness/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});
afterAll(() => system?.stop());

test('a C package is built for both architectures, with debuginfo, and runs where dnf installed it', async () => {
  const { id } = await system.submit('hello-c');
  const build = await system.published(id, 120_000);
  expect(build.rpms.map((rpm) => rpm.nevra).toSorted()).toEqual(
    ['i686', 'x86_64']
      .flatMap((arch) =>
        ['hello-c', 'hello-c-debuginfo', 'hello-c-debugsource'].map((name) => `${name}-1.0-1.el9.${arch}`),
      )
      .toSorted(),
  );
  expect(build.sourceRpm?.name).toBe('hello-c-1.0-1.el9.src.rpm');
  expect(build.tags).toEqual(['el9']);

  const folder = join(system.dir, 'downloaded');
  mkdirSync(folder);
  const fetched = await system.cli(['download-build', String(id), '--debuginfo', '--dir', folder]);
  expect(fetched, fetched.out).toMatchObject({ code: 0 });
  for (const rpm of [...build.rpms, build.sourceRpm]) {
    const bytes = readFileSync(join(folder, rpm?.name ?? ''));
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(rpm?.sha256);
  }
  for (const { name, arch } of build.rpms) {
    expect(rpmQuery(join(folder, name), '%{SOURCERPM} %{ARCH} %{VENDOR}')).toBe(
      `hello-c-1.0-1.el9.src.rpm ${arch} Moromi tests`,
    );
  }
  for (const arch of ['x86_64', 'i686'] as const) {
    const root = installed(system, arch, ['hello-c']);
    const said = spawnSync('chroot', [root, '/usr/bin/hello-c'], { encoding: 'utf8' });
    expect(said.stdout, said.stderr).toMatch(/^hello from hello-c 1\.0, zlib 1/);
  }
}, 200_000);

test('each build has the list of its root and the revision that it was built in', async () => {
  const tag = await system.client.call('getTag', { params: { name: 'el9' } });
  const { id } = await system.submit('whoami', { scratch: true });
  const build = await system.over(id);
  expect(build.state).toBe('complete');
  expect(build.revision).toBe(`el9/${tag.revision}`);
  expect(build.buildroots).toHaveLength(1);
  const [root] = build.buildroots;
  expect(root).toMatchObject({ revision: build.revision, worker: 'builder', arch: 'x86_64' });
  expect(root?.packages).toBeGreaterThan(50);
  const [row] = await system.sql<{ packages: { nevra: string; sha256: string; repo: string }[] }>(
    'SELECT s.packages FROM buildroots b JOIN package_sets s ON s.sha256 = b.packages WHERE b.build_id = $1',
    [id],
  );
  const files = readdirSync(
    join(system.externalUrl().slice('file://'.length).replace('$arch', 'x86_64'), 'Packages'),
  );
  expect(row?.packages).toHaveLength(root?.packages ?? 0);
  for (const one of row?.packages ?? []) {
    expect(one.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(one.repo).toBe('build-el9');
    const file = `${one.nevra.replace(/-\d+:/, '-')}.rpm`;
    expect(files).toContain(file);
  }
});

test('a package that needs another sees it when it is submitted right after that one has ended', async () => {
  const first = await system.submit('libgreet');
  const lib = await system.over(first.id, 120_000);
  expect(lib.state).toBe('complete');
  const second = await system.submit('greet-app');
  const app = await system.published(second.id, 120_000);
  expect(app.rpms.some((rpm) => rpm.nevra === 'greet-app-1.0-1.el9.i686')).toBe(true);
  // The noarch part of a package that both architectures built is there once.
  expect(lib.rpms.filter((rpm) => rpm.arch === 'noarch').map((rpm) => rpm.nevra)).toEqual([
    'libgreet-doc-2.1-3.el9.noarch',
  ]);
  const tasks = await Promise.all(lib.tasks.map((id) => system.client.call('getTask', { params: { id } })));
  expect(tasks.map((task) => `${task.kind} ${task.arch}`).toSorted()).toEqual(
    ['build i686', 'build x86_64', `srpm ${tasks[0]?.arch}`].toSorted(),
  );
  const published = system.feed.of(first.id).find((one) => one.type === 'build.published');
  expect(Number(app.revision?.split('/')[1])).toBeGreaterThanOrEqual(Number(published?.data['number']));
  const root = installed(system, 'x86_64', ['greet-app']);
  const said = spawnSync('chroot', [root, '/usr/bin/greet-app'], { encoding: 'utf8' });
  expect(said.stdout, said.stderr).toBe('greetings, greet-app\n');
}, 240_000);

test('%dist is the target’s, whatever the source package came with', async () => {
  const foreign = packSpec(makeSpec(system.dir, 'foo'), system.dir, { dist: '.fc40' });
  const { id } = await system.submit(foreign);
  const build = await system.published(id);
  expect(build.nvr).toBe('foo-1-1.el9');
  expect(build.source.name).toBe('foo-1-1.fc40.src.rpm');
  expect(build.rpms.map((rpm) => rpm.nevra)).toEqual(['foo-1-1.el9.noarch']);
  const other = await system.submit(foreign, { dist: '.mine' });
  expect((await system.published(other.id)).nvr).toBe('foo-1-1.mine');
});

test('a noarch package is built once', async () => {
  const { id } = await system.submit('notes');
  const build = await system.published(id);
  const tasks = await Promise.all(
    build.tasks.map((task) => system.client.call('getTask', { params: { id: task } })),
  );
  expect(tasks.map((task) => task.kind).toSorted()).toEqual(['build', 'srpm']);
  expect(build.rpms.map((rpm) => rpm.nevra)).toEqual(['notes-3-1.el9.noarch']);
  for (const arch of ['x86_64', 'i686']) {
    const reply = await fetch(`${system.url}/repos/el9/latest/${arch}/Packages/notes-3-1.el9.noarch.rpm`);
    expect(reply.status).toBe(200);
  }
});

test('scratch builds are tagged nowhere and leave the NVR free', async () => {
  const options = { scratch: true, dist: '.scratch' };
  const one = await system.over((await system.submit('notes', options)).id);
  const two = await system.over((await system.submit('notes', options)).id);
  expect([one, two]).toMatchObject([
    { state: 'complete', nvr: 'notes-3-1.scratch', tags: [] },
    { state: 'complete', nvr: 'notes-3-1.scratch', tags: [] },
  ]);
  const real = await system.published((await system.submit('notes', { dist: '.scratch' })).id);
  expect(real.tags).toEqual(['el9']);
  const { items } = await system.client.call('listTagged', { params: { name: 'el9' }, query: {} });
  expect(items.filter((item) => item.nvr === 'notes-3-1.scratch').map((item) => item.build)).toEqual([
    real.id,
  ]);
});

test('options reach the spec: --with, macros, only some architectures', async () => {
  const build = await system.over(
    (
      await system.submit('cond-macro', {
        scratch: true,
        with: ['extra'],
        define: { greeting: 'hello %%there' },
      })
    ).id,
  );
  expect(build.state, JSON.stringify(build.failure)).toBe('complete');
  const task = build.buildroots[0]?.task ?? 0;
  expect(await system.log(task, 1, 'build.log')).toContain('greeting macro: hello');
  const one = await system.over(
    (await system.submit('hello-c', { scratch: true, arches: ['i686'] })).id,
    90_000,
  );
  expect([...new Set(one.rpms.map((rpm) => rpm.arch))]).toEqual(['i686']);
});

test('a root is installed from an external repository over HTTP', async () => {
  const mirror = await serveFolder(system.externalUrl().slice('file://'.length).replace('$arch', ''));
  try {
    const externalRepos = [{ name: 'mirror', url: `${mirror.url}/$arch`, priority: 50 }];
    await system.addTarget('mirrored', { externalRepos, arches: ['x86_64'] });
    const { id } = await system.submit('dyn-br', {}, 'mirrored');
    const build = await system.published(id, 90_000);
    expect(build.tags).toEqual(['mirrored']);
    expect(mirror.asked).toContain('/x86_64/repodata/repomd.xml');
    const [row] = await system.sql<{ repos: string[] }>(
      `SELECT array_agg(DISTINCT p->>'repo') AS repos FROM buildroots b
         JOIN package_sets s ON s.sha256 = b.packages, jsonb_array_elements(s.packages) p WHERE b.build_id = $1`,
      [id],
    );
    // Merged: builders see one repository, and the hub fetches what they want of the other.
    expect(row?.repos).toEqual(['build-mirrored']);
  } finally {
    await mirror.stop();
  }
});
