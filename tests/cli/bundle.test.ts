import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundled, makeBundle } from './bundled.ts';
import { Moromi } from './moromi.ts';

let bundled: Bundled;
let folder: string;

beforeAll(async () => {
  bundled = await makeBundle();
  folder = bundled.folder;
});
afterAll(async () => {
  await bundled.remove();
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

test('a worker from the bundle finds the scripts that its roots are made with', async () => {
  await using moromi = await Moromi.make([join(folder, 'moromi')]);
  await moromi.hub();
  moromi.start(['worker', '--name', 'b1', '--kinds', 'srpm,build']);
  await expect
    .poll(async () => (await moromi.run(['list-workers', '--quiet'])).out, { timeout: 30_000, interval: 300 })
    .toMatch(/^b1 .*online/);
  for (const asset of ['resolve.py', 'enter.sh']) {
    expect(await readdir(join(folder, 'packages/buildroot/assets'))).toContain(asset);
  }
});

// The worker hands the function on; until it does there is nothing to print a configuration with.
test.skipIf(!('mockConfig' in (await import('@moromi/worker'))))(
  'mock-config prints a configuration with what the target says',
  async () => {
    await using moromi = await Moromi.make([join(folder, 'moromi')]);
    await moromi.hub('--own-worker');
    const repo = 'base=http://127.0.0.1:9/$arch@20';
    await moromi.run(['add-tag', 'f1', '--arch', 'i686', '--dist', '.f1', '--external', repo]);
    await moromi.run(['add-target', 'f1', 'f1']);
    const { out, err, exit } = await moromi.run(['mock-config', 'f1', '--arch', 'i686']);
    expect(err).toBe('');
    expect(exit).toBe(0);
    expect(out).toContain('i686');
    expect(out).toContain('.f1');
    expect(out).toContain('http://127.0.0.1:9/');
  },
);
