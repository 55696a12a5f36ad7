import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { output } from '../../packages/rpm/src/testing/rpm.ts';
import { distro } from '../buildroot/machine.ts';
import { makeSamples } from '../buildroot/samples.ts';
import { bundleFolder } from '../harness/bundled.ts';
import { Moromi } from './moromi.ts';

let folder: string;

beforeAll(() => {
  folder = bundleFolder();
});

test('the bundle says its version at once, through a link too', async () => {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  await symlink(join(folder, 'moromi'), join(folder, 'linked'));
  for (const command of [
    [process.execPath, join(folder, 'main.js')],
    [join(folder, 'moromi')],
    [join(folder, 'linked')],
  ]) {
    await using moromi = await Moromi.make(command);
    expect(await moromi.run(['--version'])).toEqual({ out: `moromi ${version}\n`, err: '', exit: 0 });
  }
});

test('nothing of the project is reached for outside of the bundle', async () => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  for (const name of files) {
    const text = await readFile(join(folder, name), 'utf8');
    expect(text).not.toMatch(/from ['"]@moromi\//);
    expect(text).not.toContain(join(import.meta.dirname, '../..'));
  }
});

test('the hub and its own worker run from the bundle, and a repository is published', async () => {
  await using moromi = await Moromi.make([join(folder, 'moromi')]);
  await moromi.hub('--own-worker');
  expect((await moromi.run(['moshimoshi'])).out).toContain('Moshimoshi, admin!');
  expect((await moromi.run(['add-tag', 'f1', '--arch', 'x86_64', '--dist', '.f1'])).exit).toBe(0);
  expect((await moromi.run(['add-target', 'f1', 'f1'])).exit).toBe(0);
  const [task] = JSON.parse((await moromi.run(['list-tasks', '--kind', 'publish', '--json'])).out) as {
    id: number;
  }[];
  const watched = await moromi.run(['watch-task', String(task?.id)]);
  expect(watched.out).toContain('1 done  0 failed');
  expect(watched.exit).toBe(0);
  expect(await moromi.run(['list-revisions', 'f1', '--quiet'])).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^1 /),
  });
});

test('a package is built, fetched and shown by hub, worker and client from the bundle', async () => {
  await using moromi = await Moromi.make([join(folder, 'moromi')]);
  const samples = makeSamples(join(moromi.home, 'samples'), ['hello-c', 'bad-build']);
  await moromi.hub('--own-worker');
  moromi.start(['worker', '--name', 'b1']);
  await moromi.run([
    'add-tag',
    'f1',
    '--arch',
    'x86_64',
    '--dist',
    '.f1',
    '--external',
    `base=${distro('x86_64')}`,
  ]);
  await moromi.run(['add-target', 'f1', 'f1']);

  const good = await moromi.run(['build', 'f1', samples.get('hello-c') ?? '']);
  expect(good.exit).toBe(0);
  for (const line of [
    /^Watching tasks \(this may be safely interrupted\)\.\.\.$/m,
    /^\d+ srpm \(hello-c-1\.0-1\..*src\.rpm.*\): leased -> done$/m,
    /^ {2}\d+ build \(hello-c-1\.0-1\.f1, x86_64\): leased -> done$/m,
    /^ {2}\d+ publish \(f1\): leased -> done$/m,
    /^3 done {2}0 failed$/m,
    /^\d+ build \(f1, hello-c-1\.0-1\.f1\) completed successfully$/m,
  ]) {
    expect(good.out).toMatch(line);
  }
  expect((await moromi.run(['list-tagged', 'f1', '--quiet'])).out).toMatch(/^hello-c-1\.0-1\.f1 /);

  const to = join(moromi.home, 'fetched');
  expect((await moromi.run(['download-build', 'hello-c-1.0-1.f1', '--logs', '--dir', to])).exit).toBe(0);
  const rpm = join(to, 'hello-c-1.0-1.f1.x86_64.rpm');
  expect(await output('rpm', ['-qp', '--qf', '%{nevra}', rpm])).toBe('hello-c-1.0-1.f1.x86_64');

  const bad = await moromi.run([
    'build',
    '--scratch',
    '--keep-failed=10m',
    'f1',
    samples.get('bad-build') ?? '',
  ]);
  expect(bad.exit).toBe(1);
  expect(bad.out).toContain('what to do: See %build in the build log');
  expect(bad.out).toContain('about to fail');
  const task = /the whole log: moromi watch-logs (\d+)/.exec(bad.out)?.[1] ?? '';
  const log = await moromi.run(['watch-logs', task, '--log', 'build.log']);
  expect(log.out).toContain('+ exit 3\nerror: Bad exit status');
  const inside = await moromi.run(['shell', task], {}, 'pwd; ls -d /builddir/build/SPECS; exit 3\n');
  expect(inside.out).toContain('/builddir/build/SPECS');
  expect(inside.exit).toBe(3);
});

test('mock-config prints a configuration with what the target says', async () => {
  await using moromi = await Moromi.make([join(folder, 'moromi')]);
  await moromi.hub('--own-worker');
  await moromi.run(['add-tag', 'f1', '--arch', 'i686', '--dist', '.f1']);
  await moromi.run(['add-target', 'f1', 'f1']);
  const [task] = JSON.parse((await moromi.run(['list-tasks', '--json'])).out) as { id: number }[];
  await moromi.run(['watch-task', String(task?.id)]);
  const { out, err, exit } = await moromi.run(['mock-config', 'f1', '--arch', 'i686']);
  expect(err).toBe('');
  expect(exit).toBe(0);
  for (const word of ["config_opts['target_arch'] = 'i686'", '.f1', '/repos/f1/1/i686/'])
    expect(out).toContain(word);
});
