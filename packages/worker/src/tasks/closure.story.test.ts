import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { ClosureOrder, ClosureResult, Lease } from '@moromi/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRepository, type Wanted } from '../../../repodata/src/testing/repository.ts';
import { closure } from './closure.ts';
import type { Work } from './work.ts';

const execute = promisify(execFile);
const never = new AbortController().signal;
let dir: string;
let base: string;
let own: string;

const distribution: Wanted[] = [
  { name: 'liba', evr: '1-1', provides: ['liba.so.1()(64bit)', 'liba.so.1(A_1)(64bit)', '/opt/said'] },
  { name: 'liba', evr: '0-1', provides: ['liba.so.0()(64bit)'] },
  { name: 'data', evr: '1:1-1', files: ['/opt/data/file', '/etc/data', '/opt/data/ours'] },
  {
    ...{ name: 'app', evr: '1-1', provides: ['app-plugin'] },
    requires: ['liba.so.1()(64bit)', 'liba.so.1(A_1)(64bit)', '/opt/data/file', 'data = 1:1', 'app-plugin'],
  },
  { name: 'legacy', evr: '1-1', requires: ['liba.so.0()(64bit)', 'data > 2', '/etc/data', '/opt/nowhere'] },
  {
    ...{ name: 'rich', evr: '1-1' },
    requires: [
      '(nothing or data)',
      '(nothing or nowhere)',
      '(liba with liba.so.1()(64bit))',
      '(liba with data)',
      '(data without /opt/data/ours)',
      '(nothing if nowhere)',
      '(data and (liba if tool))',
      '/opt/said',
    ],
  },
  { name: 'tool', evr: '1-1', requires: ['missing-tool', 'missing-too'] },
];
const change: Wanted[] = [
  { name: 'liba', evr: '2-1', provides: ['liba.so.2()(64bit)'] },
  // Older, and of a better repository.
  { name: 'data', evr: '0-1', files: ['/opt/data/other'] },
  { name: 'tool', evr: '2-1', requires: ['missing-too'] },
];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-closure-'));
  await Promise.all([
    makeRepository(join(dir, 'base'), distribution),
    makeRepository(join(dir, 'own'), change),
  ]);
  base = pathToFileURL(join(dir, 'base', 'repo')).href;
  own = pathToFileURL(join(dir, 'own', 'repo')).href;
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const repo = (id: string, baseurl: string, priority: number) => ({ id, baseurl, priority });
const orderOf = (...names: string[]): ClosureOrder => ({
  arches: names.map((arch) => ({
    arch,
    before: [repo('base', base, 50)],
    after: [repo('own', own, 10), repo('base', `${base}/`, 50)],
  })),
});

async function compared(
  order: ClosureOrder | undefined,
  signal = never,
): Promise<{ result: ClosureResult; notes: string[] }> {
  const folder = await mkdtemp(join(dir, 'work-'));
  const notes: string[] = [];
  const lease: Partial<Lease> = { kind: 'closure', ...(order === undefined ? {} : { closure: order }) };
  const work = { lease, dir: folder, signal, logs: { note: (text: string) => notes.push(text) } };
  const { closure: result } = await closure(work as unknown as Work);
  expect(await readdir(folder)).toEqual([]);
  if (result === undefined) throw new Error('unreachable');
  return { result, notes };
}

/** What dnf finds unmet: `package requirement`. It knows nothing of priorities, so what they hide is named. */
async function askDnf(addresses: Record<string, string>, hidden: string[] = []): Promise<string[]> {
  const root = await mkdtemp(join(dir, 'dnf-'));
  const repos = Object.entries(addresses).flatMap(([id, address]) => ['--repofrompath', `${id},${address}`]);
  const settings = { cachedir: join(root, 'cache'), logdir: root, 'base.excludepkgs': hidden.join(',') };
  const { stdout } = await execute(
    'dnf',
    [
      ...['repoclosure', '-q', '--newest', '--installroot', root, '--releasever', '1', '--repo', 'base'],
      ...Object.keys(addresses).flatMap((id) => ['--repo', id]),
      ...repos,
      ...Object.entries(settings).map(([name, value]) => `--setopt=${name}=${value}`),
    ],
    { timeout: 60_000 },
  ).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  let pkg = '';
  return stdout
    .split('\n')
    .flatMap((line) => {
      pkg = /^package: (\S+)/.exec(line)?.[1] ?? pkg;
      const requirement = /^ {4}(\S.*)$/.exec(line)?.[1];
      return requirement === undefined ? [] : `${pkg} ${requirement}`;
    })
    .sort();
}

const told = ({ unmet }: ClosureResult) => unmet.map((one) => `${one.package} ${one.requirement}`).sort();

test('what a change breaks, mends, takes and brings is found in the repositories', async () => {
  const { result, notes } = await compared(orderOf('x86_64'));
  const unmet = (name: string, requirement: string, before: boolean) => ({
    ...{ arch: 'x86_64', package: `${name}.noarch`, requirement, before },
  });
  expect(result).toEqual({
    unmet: [
      unmet('app-1-1', '/opt/data/file', false),
      unmet('app-1-1', 'data = 1:1', false),
      unmet('app-1-1', 'liba.so.1()(64bit)', false),
      unmet('app-1-1', 'liba.so.1(A_1)(64bit)', false),
      unmet('legacy-1-1', '/etc/data', false),
      unmet('legacy-1-1', 'data > 2', false),
      unmet('rich-1-1', '(liba with liba.so.1()(64bit))', false),
      unmet('rich-1-1', '/opt/said', false),
      unmet('legacy-1-1', '/opt/nowhere', true),
      unmet('legacy-1-1', 'liba.so.0()(64bit)', true),
      unmet('rich-1-1', '(liba with data)', true),
      unmet('rich-1-1', '(nothing or nowhere)', true),
      unmet('tool-2-1', 'missing-too', true),
    ],
    // Mended: a tool that needs less, and data without ours.
    counts: { unmet: 13, unmetBefore: 5, mended: 2 },
    gone: [{ arch: 'x86_64', soname: 'liba.so.1()(64bit)', users: ['app-1-1.noarch', 'rich-1-1.noarch'] }],
    added: [{ arch: 'x86_64', soname: 'liba.so.2()(64bit)' }],
  });
  const steady = notes.map((note) => note.replace(/[\d.]+ s$/, 'N s'));
  expect(steady).toEqual([
    'x86_64: base: 6 packages, N s',
    'x86_64: own: 3 packages, N s',
    'x86_64: base: 1 packages have any of 5 paths that are looked for, N s',
    'x86_64: own: 0 packages have any of 5 paths that are looked for, N s',
    'x86_64: 6 packages without the change, 6 with it, compared in N s',
    '8 requirements unmet that were not before, 5 that were, 2 mended, 1 sonames gone, 1 added, N s',
  ]);
});

test('dnf finds the same unmet', async () => {
  const [alone, both] = await Promise.all([
    askDnf({ base }),
    askDnf({ base, own }, ['liba', 'data', 'tool']),
  ]);
  // Its repoclosure asks who provides a condition, and so calls unmet what it would install.
  const condition = 'rich-1-1.noarch (nothing if nowhere)';
  const known = (all: string[]) => all.filter((one) => one !== condition);
  const same = orderOf('x86_64').arches.map(({ arch, before }) => ({ arch, before, after: before }));
  expect(told((await compared({ arches: same })).result)).toEqual(known(alone));
  expect(told((await compared(orderOf('x86_64'))).result)).toEqual(known(both));
});

test('each architecture is compared for itself, and nothing with nothing', async () => {
  const { arches } = orderOf('x86_64', 'i686');
  const { result } = await compared({
    arches: arches.map((one) => (one.arch === 'i686' ? { ...one, before: one.after } : one)),
  });
  expect(result.counts).toEqual({ unmet: 26, unmetBefore: 18, mended: 2 });
  expect(result.unmet.map(({ arch }) => arch).lastIndexOf('x86_64')).toBe(12);
  expect(result.gone.map(({ arch }) => arch)).toEqual(['x86_64']);
  const empty = { arch: 'x86_64', before: [], after: [] };
  const nothing = { unmet: [], counts: { unmet: 0, unmetBefore: 0, mended: 0 }, gone: [], added: [] };
  expect((await compared({ arches: [empty] })).result).toEqual(nothing);
  expect((await compared({ arches: [] })).result).toEqual(nothing);
});

test('where every path is known, filelists are not asked for', async () => {
  const after = [repo('own', own, 10)];
  const { notes } = await compared({ arches: [{ arch: 'x86_64', before: after, after }] });
  expect(notes.filter((note) => note.includes('paths'))).toEqual([]);
});

test('orders that cannot be meant are refused, and a repository that cannot be read is named', async () => {
  await expect(compared(undefined)).rejects.toMatchObject({ name: 'Refused', code: 'bad_order' });
  await expect(compared(orderOf('x86_64', 'x86_64'))).rejects.toMatchObject({ code: 'bad_order' });
  for (const bad of [repo('a b', base, 1), repo('a', 'ftp://x/', 1), repo('a', base, 0.5)]) {
    for (const one of [
      { arch: 'x86_64', before: [bad], after: [] },
      { arch: 'x86_64', before: [], after: [bad] },
    ])
      await expect(compared({ arches: [one] })).rejects.toMatchObject({ code: 'bad_order' });
  }
  const gone = [repo('gone', 'file:///nowhere', 1)];
  const failing = compared({ arches: [{ arch: 'x86_64', before: [], after: gone }] });
  await expect(failing).rejects.toMatchObject({ code: 'repo_unreachable' });
  await expect(failing).rejects.toThrow('The repository gone at file:///nowhere/ cannot be read');
});

test('it stops at the signal, with its reason', async () => {
  const reason = new Error('no longer ours');
  await expect(compared(orderOf('x86_64'), AbortSignal.abort(reason))).rejects.toBe(reason);
});
