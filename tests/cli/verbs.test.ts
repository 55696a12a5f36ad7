import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSamples } from '../buildroot/samples.ts';
import { bundleFolder } from '../harness/bundled.ts';
import { fromSource, Moromi, until } from './moromi.ts';

let moromi: Moromi;
let srpm: string;
let sources: string;

beforeAll(async () => {
  sources = mkdtempSync('/var/tmp/moromi-srpm-');
  srpm = makeSamples(sources, ['notes']).get('notes') ?? '';
  writeFileSync(join(sources, 'hello.spec'), 'Name: hello\n');
  moromi = await Moromi.make([join(bundleFolder(), 'moromi')]);
  await moromi.hub();
  await moromi.run(['add-tag', 'f1', '--arch', 'x86_64', '--dist', '.f1']);
  await moromi.run(['add-target', 'f1', 'f1']);
});
afterAll(async () => {
  await moromi[Symbol.asyncDispose]();
  rmSync(sources, { recursive: true, force: true });
});

async function submitted(...more: string[]): Promise<{ task: string; out: string }> {
  const { out, err, exit } = await moromi.run(['build', '--nowait', ...more, 'f1', srpm]);
  // No builder is enrolled here, and that is told at once.
  expect(err).toBe(
    'warning: No enabled builder takes x86_64: the build waits until one is enrolled or enabled.\n',
  );
  expect(exit).toBe(0);
  return { task: /^Created task: (\d+)$/m.exec(out)?.[1] ?? '', out };
}

test('for --version nothing is loaded but the executable itself', () => {
  const hooks = `import{registerHooks}from'node:module';registerHooks({load(url,context,next){if(url.startsWith('file:'))console.log(url.split('/').at(-1));return next(url,context)}})`;
  const [node = '', main = ''] = fromSource;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(hooks)}`, main, '--version'];
  const loaded = execFileSync(node, args, { encoding: 'utf8', timeout: 60_000 }).trim().split('\n');
  expect(loaded.slice(0, -1)).toEqual(['main.ts', 'package.json']);
});

test('a build is submitted, waits with a reason, and is shown by its numbers', async () => {
  const { task, out } = await submitted('--scratch');
  expect(out).toMatch(/^Created task: \d+\nTask info: http:\/\/127\.0\.0\.1:\d+\/api\/v1\/tasks\/\d+\n$/);
  const info = await moromi.run(['task-info', task]);
  expect(info.out).toMatch(/^State: +free$/m);
  expect(info.out).toMatch(/^Waits: +\S/m);
  const builds = JSON.parse((await moromi.run(['list-builds', '--json', '--mine'])).out) as {
    id: number;
    task: number;
    scratch: boolean;
  }[];
  expect(builds[0]).toMatchObject({ task: Number(task), scratch: true });
  expect((await moromi.run(['build-info', String(builds[0]?.id)])).out).toContain('building (scratch)');
  expect((await moromi.run(['list-tasks', '--build', String(builds[0]?.id), '--quiet'])).out).toMatch(
    /^\s*\d+ +srpm +free/,
  );
  expect((await moromi.run(['events', '--build', String(builds[0]?.id)])).out).toContain('task.created');
  await moromi.run(['cancel', task]);
});

test('Ctrl-C leaves the build running; watch-task goes on, and ends with 1 when it is canceled', async () => {
  const watching = moromi.start(['build', '--scratch', 'f1', srpm]);
  await until(watching, /: free\n/);
  watching.kill('SIGINT');
  expect(await watching.ended).toBe(130);
  const task = /Created task: (\d+)/.exec(watching.said())?.[1] ?? '';
  expect(watching.said()).toContain(`moromi watch-task ${task}`);
  const again = moromi.start(['watch-task', task]);
  await until(again, /: free\n/);
  const canceled = await moromi.run(['cancel', task]);
  expect(canceled.out).toMatch(/^Canceled build \d+, of task \d+\n$/);
  const exit = await again.ended;
  expect(again.said()).toMatch(/: free -> canceled\n/);
  expect(again.said()).toContain('was canceled');
  expect(exit).toBe(1);
});

test('a watcher outlives its hub: when that is killed and comes back, the end is told', async () => {
  await using other = await Moromi.make([join(bundleFolder(), 'moromi')]);
  const hub = await other.hub();
  await other.run(['add-tag', 'f1', '--arch', 'x86_64', '--dist', '.f1']);
  await other.run(['add-target', 'f1', 'f1']);
  const watching = other.start(['build', '--scratch', 'f1', srpm]);
  await until(watching, /: free\n/);
  const { port } = new URL((await other.run(['moshimoshi', '--json'])).out.match(/http:[^"]+/)?.[0] ?? '');
  const gone = once(hub, 'exit');
  hub.kill('SIGKILL');
  await gone;
  await until(watching, /connecting again|trying again/);
  await rm(join(other.home, 'hub', 'hub.json'));
  await other.hub('--listen', `127.0.0.1:${port}`);
  const task = /Created task: (\d+)/.exec(watching.said())?.[1] ?? '';
  await other.run(['cancel', task]);
  const exit = await watching.ended;
  expect(watching.said()).toMatch(/: free -> canceled\n/);
  expect(exit).toBe(1);
});

test('a build that has ended can be submitted again, one that runs cannot', async () => {
  const { task } = await submitted('--scratch');
  const { build } = JSON.parse((await moromi.run(['task-info', '--json', task])).out) as { build: number };
  const refused = await moromi.run(['resubmit', '--nowait', String(build)]);
  expect(refused.err).toMatch(/\(build_running\)\nwhat to do: /);
  expect(refused.exit).toBe(3);
  await moromi.run(['cancel', '--build', String(build)]);
  expect((await moromi.run(['resubmit', '--nowait', String(build)])).out).toMatch(/^Created task: \d+\n/);
});

test('what the hub refuses is told with its code and what to do', async () => {
  const cases: [string[], RegExp, number][] = [
    [['build', '--nowait', 'f9', srpm], /\(unknown_target\)/, 3],
    [['build', '--nowait', 'f1', join(sources, 'hello.spec')], /\(not_an_rpm\)/, 3],
    [['build', '--nowait', '--arch', 's390x', 'f1', srpm], /\(unknown_arch\)/, 3],
    [['task-info', '99999'], /\(unknown_task\)/, 3],
    [['build-info', 'nothing-1-1'], /\(unknown_build\)/, 3],
    [['add-tag', 'f1'], /\(tag_exists\)/, 3],
    [['tag-info', 'f9'], /\(unknown_tag\)/, 3],
    [['mock-config', 'f1', '--arch', 's390x'], /\(unknown_arch\)/, 3],
    [['list-tasks', '--state', 'open'], /\(usage\)/, 2],
  ];
  for (const [args, code, exit] of cases) {
    const ended = await moromi.run(args);
    expect(ended.err).toMatch(code);
    expect(ended.err).toMatch(/\nwhat to do: /);
    expect(ended.exit).toBe(exit);
  }
});

test('a token does what it was made for, and no more', async () => {
  const token = (await moromi.run(['add-token', 'joe', '--permission', 'build', '--quiet'])).out.trim();
  const as = { MOROMI_TOKEN: token };
  expect((await moromi.run(['moshimoshi'], as)).out).toContain('Moshimoshi, joe!');
  expect((await moromi.run(['add-tag', 'f2'], as)).err).toContain('(forbidden)');
  expect((await moromi.run(['build', '--nowait', '--scratch', 'f1', srpm], as)).exit).toBe(0);
  expect((await moromi.run(['moshimoshi'], { MOROMI_TOKEN: 'nonsense-nonsense-nonsense' })).err).toContain(
    '(unauthenticated)',
  );
});

test('the catalogue is shown as it was made', async () => {
  await moromi.run([
    'add-tag',
    'f3',
    '--inherit',
    'f1:5',
    '--arch',
    'x86_64',
    '--external',
    'base=http://127.0.0.1:9/$arch@20',
    '--macro',
    'vendor Example',
    '--group',
    'bash',
    '--timeout',
    '2h',
  ]);
  const info = (await moromi.run(['tag-info', 'f3'])).out;
  for (const line of [
    /^Inherits: +f1 \(priority 5\)$/m,
    /^External: +base http:\/\/127\.0\.0\.1:9\/\$arch \(priority 20\)$/m,
    /^Macro \d: +%vendor Example$/m,
    /^Timeout: +2h 00m$/m,
  ]) {
    expect(info).toMatch(line);
  }
  expect((await moromi.run(['list-tags', '--quiet'])).out).toMatch(/^f1 [\s\S]*^f3 /m);
  expect((await moromi.run(['list-targets', '--quiet'])).out).toMatch(/^f1 +f1 +f1 +x86_64$/m);
});

test('a mistake in the configuration is told with file, line and key, and nothing starts', async () => {
  const file = join(moromi.home, 'wrong.toml');
  writeFileSync(file, '[hub]\nlog_level = "info"\n\n[worker]\nslot = 4\n');
  for (const verb of ['hub', 'worker', 'list-tasks']) {
    expect(await moromi.run([verb, '--config', file])).toEqual({
      out: '',
      err: `moromi: ${file}:5: worker.slot: there is no such key; did you mean slots? (bad_config)\nwhat to do: Correct it, or remove it to have the default.\n`,
      exit: 2,
    });
  }
});
