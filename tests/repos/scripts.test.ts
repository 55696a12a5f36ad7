/** Programs that run after a repository shows a new revision, with a real hub that is also killed. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepoScriptRun } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPromises } from '../harness/promises.ts';
import { System } from '../harness/system.ts';

let system: System;
let folder: string;
let env: Record<string, string>;
const path = (name: string) => join(folder, name);

/** Writes down how it was called, starts what goes on by itself, waits while `hold` is there, and fails while `fail` is. */
const mirror = `#!/bin/sh
dir=$(dirname "$0")
echo "$MOROMI_SCRIPT_ID $MOROMI_SCRIPT_ATTEMPT $MOROMI_REVISION $* $(id -un) \${MOROMI_HUB_HOME:-none}" >> "$dir/log"
setsid sleep 1000 &
echo $! > "$dir/left.$MOROMI_REVISION.$MOROMI_SCRIPT_ATTEMPT"
while [ -e "$dir/hold" ]; do sleep 0.05; done
[ ! -e "$dir/fail" ] || { echo 'the mirror is full' >&2; exit 3; }
`;
/** Never ends, nor does what it starts. */
const slow = `#!/bin/sh
sleep 1000 &
echo $! > "$(dirname "$0")/slow.pid"
sleep 1000
`;

beforeAll(async () => {
  system = await System.prepare();
  folder = join(system.dir, 'scripts');
  await mkdir(folder);
  // The unprivileged user writes there.
  await chmod(folder, 0o777);
  await writeFile(path('mirror'), mirror, { mode: 0o755 });
  await writeFile(path('slow'), slow, { mode: 0o755 });
  await writeFile(
    path('scripts.toml'),
    `[[script]]
name = "mirror"
repos = ["prod*"]
command = ["${path('mirror')}", "--to", "a b"]
user = "nobody"
tries = 2

[[script]]
name = "slow"
repos = ["tag:other"]
command = ["${path('slow')}"]
timeout = 1
tries = 1
`,
  );
  env = { MOROMI_HUB_REPO_SCRIPTS: path('scripts.toml'), MOROMI_HUB_OWN_WORKER: 'false' };
  await system.startHub(env);
  for (const name of ['f1', 'other'])
    await system.client.call('createTag', { body: { name, settings: { arches: ['x86_64'] } } });
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
  }
});

const create = (name: string, tag: string) =>
  system.client.call('createDist', { body: { name, tag, definition: { arches: ['x86_64'] } } });

/** Asks for a revision, and waits until it is shown. */
async function revision(number: number): Promise<void> {
  await system.client.call('requestDist', { params: { name: 'prod' } });
  await system.until(`revision ${number}`, async () => {
    const { revision: shown } = await system.client.call('getDist', { params: { name: 'prod' } });
    return (shown !== null && shown.number >= number) || undefined;
  });
}

async function script(
  what: string,
  wanted: (one: RepoScriptRun) => boolean,
  repo = 'prod',
): Promise<RepoScriptRun> {
  return await system.until(what, async () => {
    const { items } = await system.client.call('listRepoScripts', { query: { repo } });
    return items.find(wanted);
  });
}
const lines = async () => (await readFile(path('log'), 'utf8')).trim().split('\n');
const begun = (number: number, attempt = 1) =>
  system.until(`attempt ${attempt} for revision ${number}`, async () => {
    const start = `mirror/dist/prod/${number} ${attempt} `;
    return (existsSync(path('log')) && (await lines()).some((line) => line.startsWith(start))) || undefined;
  });

async function runs(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status !== '' && !/ Z /.test(status);
}

test('a script runs as its user, by its arguments, with nothing of the hub in its environment', async () => {
  await create('prod', 'f1');
  const done = await script('it is done', (one) => one.state === 'done');
  expect(done).toMatchObject({ kind: 'dist', script: 'mirror', number: 1, attempt: 1, configured: true });
  expect(await lines()).toEqual(['mirror/dist/prod/1 1 1 --to a b prod nobody none']);
});

test('it holds up no revision, and runs once for all that came meanwhile', async () => {
  await writeFile(path('hold'), '');
  await revision(2);
  await begun(2);
  for (const number of [3, 4, 5]) await revision(number);
  expect(await script('it runs', (one) => one.state === 'running')).toMatchObject({ number: 2, shown: 5 });
  await rm(path('hold'));
  await script('it is done', (one) => one.state === 'done' && one.number === 5);
  expect((await lines()).map((line) => line.split(' ')[0]?.split('/').at(-1))).toEqual(['1', '2', '5']);
});

test('one that fails is tried again, given up and told of; and runs again when somebody says so', async () => {
  await writeFile(path('fail'), '');
  await revision(6);
  const failed = await script('it failed', (one) => one.state === 'waiting' && one.number === 6);
  expect(failed).toMatchObject({
    ...{ attempt: 1, code: 'script_failed', message: 'it ended with the exit code 3' },
    output: 'the mirror is full\n',
  });
  expect((await system.cli(['list-repo-scripts', 'prod'])).out).toMatch(
    /it is tried again at[\s\S]*the mirror is full/,
  );
  await system.passTime(10);
  await script('it is given up', (one) => one.state === 'failed' && one.attempt === 2);
  expect((await system.cli(['dist-repo-info', 'prod'])).out).toMatch(/given up until the next revision/);
  const told = await system.feed.until(
    'it is told',
    (events) => events.find((one) => one.type === 'repo.script-given-up'),
    60_000,
    () => system.explain(),
  );
  expect(told.data).toMatchObject({ script: 'mirror', repo: 'prod', number: 6, attempt: 2 });
  await rm(path('fail'));
  const { code, out } = await system.cli(['run-repo-script', 'prod', 'mirror']);
  expect([code, out]).toEqual([0, expect.stringContaining('runs again')]);
  await script('it is done', (one) => one.state === 'done' && one.number === 6);
  expect((await system.cli(['run-repo-script', 'prod', 'nothing'])).out).toContain('unknown_script');
});

test('a hub that is killed meanwhile runs it again, under the same id, and nothing that it left behind beside it', async () => {
  await writeFile(path('hold'), '');
  await revision(7);
  await begun(7);
  const left = await system.until('it has started something', async () => {
    const text = await readFile(path('left.7.1'), 'utf8').catch(() => '');
    return text.endsWith('\n') ? text.trim() : undefined;
  });
  await system.killHub();
  expect(await runs(left)).toBe(true);
  await system.startHub(env);
  await begun(7, 2);
  expect(await runs(left)).toBe(false);
  await rm(path('hold'));
  expect(await script('it is done', (one) => one.state === 'done' && one.number === 7)).toMatchObject({
    attempt: 2,
  });
});

test('one that takes too long is ended with all that it has started', async () => {
  await create('late', 'other');
  const late = await script('it is given up', (one) => one.state === 'failed', 'late');
  expect(late).toMatchObject({ script: 'slow', code: 'script_late', message: 'it was ended after 1 s' });
  const pid = (await readFile(path('slow.pid'), 'utf8')).trim();
  await system.until('what it has started is gone', async () => !(await runs(pid)) || undefined);
});
