import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DistDefinition, TaskState } from '@moromi/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aTaskDetail, FakeHub, problem } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
/** What becomes of the task of each new revision, which is the 9th. */
let ends: TaskState;
let multilib: DistDefinition['multilib'];
/** The task that the repository names when it is read. */
let shown: number | null;
beforeEach(async () => {
  hub = await FakeHub.start();
  [ends, multilib, shown] = ['failed', {}, 9];
  const repo = () => ({
    ...{ name: 'prod', tag: 'f1', revision: null, task: shown, repoFile: 'http://hub/prod.repo' },
    definition: { multilib, records: [] },
  });
  hub.on('POST', /^\/tags\//, () => ({ task: 9 }));
  hub.on('POST', /^\/dist-repos\/prod\/(edit|records)/, repo);
  hub.on('POST', /^\/dist-repos\/prod\/revisions/, () => ({ task: 9 }));
  hub.on('GET', /^\/dist-repos\/prod$/, repo);
  hub.on('GET', /^\/tasks\/9$/, () => aTaskDetail(9, ends, { build: null }));
  hub.on('GET', /^\/events\?/, () => ({ items: [], last: 1 }));
  hub.on('GET', /^\/events\/stream/, (_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  });
});
afterEach(() => hub[Symbol.asyncDispose]());

const say = (...args: string[]): Promise<Played> => play(hub.address, args);
const ship = (...more: string[]) => say('dist-repo', 'f1', '--name', 'prod', '--nowait', ...more);

describe('multilib', () => {
  const devel = { arch: 'i686', method: 'devel' } as const;

  test('lists are changed in the rules that are there, and one that is not said stays', async () => {
    multilib = { x86_64: { ...devel, white: ['old'], black: ['bad'] } };
    expect((await ship('--multilib-white', 'liba,libb')).exit).toBe(0);
    await ship('--multilib-white', '');
    const rules = (white: string[]) => ({ x86_64: { ...devel, white, black: ['bad'] } });
    expect(hub.sent).toEqual([
      { definition: { multilib: rules(['liba', 'libb']) } },
      { definition: { multilib: rules([]) } },
    ]);
  });

  test('a rule that is changed keeps its lists, and a new one begins without', async () => {
    multilib = { x86_64: { ...devel, white: ['liba'], black: ['bad'] } };
    await ship('--multilib', 'x86_64=i686:runtime', '--multilib', 's390x=s390:all');
    expect(hub.sent).toEqual([
      {
        definition: {
          multilib: {
            x86_64: { arch: 'i686', method: 'runtime', white: ['liba'], black: ['bad'] },
            s390x: { arch: 's390', method: 'all', white: [], black: [] },
          },
        },
      },
    ]);
  });

  test('lists without any rule are refused, of a repository that is there and of a new one', async () => {
    for (const more of [[], ['--multilib', '']]) {
      const { err, exit } = await ship('--multilib-black', 'liba', ...more);
      expect([exit, err]).toEqual([2, expect.stringContaining('want a rule that they are about')]);
    }
    hub.on('GET', /^\/dist-repos\/prod$/, (_, reply) => problem(reply, 404, 'unknown_repo'));
    expect((await ship('--multilib-white', 'liba')).exit).toBe(2);
    expect(hub.asked.filter((one) => one.startsWith('POST'))).toEqual([]);
  });
});

describe('a new revision', () => {
  const record = ['add-dist-record', 'prod', 'comps'];
  const asks: [string[], string][] = [
    [['regen-repo', 'f1'], 'revision'],
    [['restore-repo', 'prod', '3'], 'revision'],
    [['restore-repo', 'f1', '3', '--build-repo'], 'revision'],
    [['dist-repo', 'f1', '--name', 'prod'], 'repo'],
    [['dist-repo', 'f1', '--name', 'prod', '--keep', '3'], 'repo'],
    [['remove-dist-record', 'prod', 'comps'], 'repo'],
    [record, 'repo'],
  ];
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moromi-cli-'));
    await writeFile(join(folder, 'comps.xml'), '<comps/>');
    hub.on('POST', /^\/uploads/, () => ({ complete: true, sha256: 'a'.repeat(64) }));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const words = (ask: string[]) => (ask === record ? [...ask, join(folder, 'comps.xml')] : ask);

  test.each(asks)('%j in JSON is waited for too, and fails where it fails', async (ask, kind) => {
    const failed = await say('--json', ...words(ask));
    expect(failed.exit, failed.err).toBe(1);
    const lines = failed.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines[0]).toMatchObject({ kind, [kind]: { task: 9 } });
    expect(lines.length).toBeGreaterThan(1);
    ends = 'done';
    expect((await say('--json', ...words(ask))).exit).toBe(0);
  });

  test.each(asks)('%j in JSON is not waited for with --nowait', async (ask) => {
    const { exit, out } = await say('--json', ...words(ask), '--nowait');
    expect([exit, JSON.parse(out)]).toMatchObject([0, { task: 9 }]);
    expect(hub.asked).not.toContain('GET /tasks/9');
  });

  test('that has failed before the repository is read again fails all the same', async () => {
    shown = null;
    const { out, exit } = await say('dist-repo', 'f1', '--name', 'prod');
    expect(out).toContain('New revision of prod');
    expect(exit).toBe(1);
  });
});
