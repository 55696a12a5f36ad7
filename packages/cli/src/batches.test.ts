import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, BatchDetail } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { groupsOf } from './batch.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

let hub: FakeHub;
let srpm: string;
beforeEach(async () => {
  hub = await FakeHub.start();
  srpm = join(mkdtempSync(join(tmpdir(), 'moromi-batch-')), 'a-1-1.src.rpm');
  writeFileSync(srpm, Buffer.concat([Buffer.from([0xed, 0xab, 0xee, 0xdb]), Buffer.alloc(200)]));
  hub.on('GET', /^\/targets\//, () => ({ name: 'f1', buildTag: 'f1', destTag: 'f1', arches: [] }));
  hub.on('POST', /^\/uploads$/, () => ({ id: 'u', complete: true, parts: [], partSize: 1 }));
});
afterEach(() => hub[Symbol.asyncDispose]());

const batch: Batch = {
  id: 4,
  kind: 'chain',
  owner: 'ann',
  state: 'running',
  targets: ['f1'],
  onFailure: 'hold',
  counts: { done: 1, held: 1, failed: 1 },
  waiting: null,
  estimate: null,
  sideTag: null,
  failure: null,
  createdAt: '2026-11-21T10:00:00.000Z',
  endedAt: null,
  url: 'http://hub/api/v1/batches/4',
};
const item = { target: 'f1', stage: 'usual' as const, needs: [], blockedBy: [], failure: null };
const detail: BatchDetail = {
  ...batch,
  state: 'failed',
  endedAt: '2026-11-21T11:00:00.000Z',
  plan: null,
  verdict: null,
  items: [
    { ...item, id: 1, label: 'liba', state: 'done', build: 7 },
    {
      ...item,
      id: 2,
      label: 'libb',
      state: 'failed',
      build: 8,
      failure: { code: 'build_failed', message: '%build failed', fault: 'package' },
    },
    { ...item, id: 3, label: 'app', state: 'held', build: null, needs: [1, 2], blockedBy: [2] },
  ],
};
const run = (...args: string[]) => play(hub.address, ['--utc', ...args]);

test('groups stand between colons, and none is empty', () => {
  expect(groupsOf(['a', 'b', ':', 'c'])).toEqual([['a', 'b'], ['c']]);
  expect(() => groupsOf(['a', ':'])).toThrow('there must be a source package');
});

test('a chain is sent with its groups; a source that stands there twice is sent once', async () => {
  hub.on('POST', /^\/batches$/, () => batch);
  const { out, exit } = await run('chain-build', 'f1', srpm, ':', srpm, '--nowait', '--scratch', '--go-on');
  expect(exit).toBe(0);
  expect(out).toBe('Created batch: 4\nBatch info: http://hub/api/v1/batches/4\n');
  const sent = hub.sent.at(-1) as { groups: { name: string }[][] };
  expect(sent).toMatchObject({
    kind: 'chain',
    targets: ['f1'],
    onFailure: 'go-on',
    options: { scratch: true },
  });
  expect(sent.groups.map((group) => group.map((one) => one.name))).toEqual([
    ['a-1-1.src.rpm'],
    ['a-1-1.src.rpm'],
  ]);
  expect(hub.asked.filter((one) => one.includes('/uploads'))).toHaveLength(1);
});

test('a batch wants a target, and an order where its targets go together', async () => {
  expect((await run('batch-build', srpm)).err).toContain('at least one --target');
  expect((await run('batch-build', srpm, '--target', 'f1', '--together')).err).toContain(
    '--together is for batches with an order',
  );
});

test('what is blocked is shown with what it is blocked by', async () => {
  hub.on('GET', /^\/batches\/4$/, () => detail);
  hub.on('GET', /^\/status$/, () => ({ time: '2026-11-21T11:00:00.000Z' }));
  const { out } = await run('batch-info', '4');
  expect(out).toContain('1 done, 1 held, 1 failed');
  expect(out).toMatch(/app +f1 +usual +held +libb \(failed\)/);
  expect(JSON.parse((await run('--json', 'batch-info', '4')).out)).toEqual(detail);
});

const plan = {
  packages: 3,
  edges: 2,
  cycles: [{ packages: ['a', 'b'], way: ['a', 'b'], broken: 'not' as const }],
  missing: [{ package: 'c', arch: 'x86_64', requirement: 'zlib-devl', nearest: 'zlib-devel' }],
  makespanSeconds: 3600,
  bound: { by: 'path' as const, pathSeconds: 3000, workSeconds: 600 },
  chain: [
    { package: 'a', seconds: 2400 },
    { package: 'c', seconds: 600 },
  ],
  guessed: 1,
};

/** Nothing happens, and the stream of it stays open. */
function follow(): void {
  hub.on('GET', /^\/events/, () => ({ items: [], last: 0 }));
  hub.on('GET', /^\/events\/stream/, (_request, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
    return undefined;
  });
}

test('a dry run shows what bounds it, and what stands in its way', async () => {
  hub.on('POST', /^\/rebuilds$/, () => ({ ...batch, kind: 'rebuild', state: 'planning' }));
  hub.on('GET', /^\/batches\/4$/, () => ({ ...detail, kind: 'rebuild', state: 'planned', items: [], plan }));
  follow();
  const { out, exit } = await run(
    'rebuild',
    'f1',
    '--tag',
    'f1',
    '--dry-run',
    '--skip-identical',
    '--dist-suffix',
    '.2',
    '--bootstrap',
    'a=b,c',
  );
  expect(exit).toBe(0);
  expect(hub.sent.at(-1)).toMatchObject({
    target: 'f1',
    tag: 'f1',
    bump: { how: 'dist', suffix: '.2' },
    bootstrap: [{ package: 'a', drops: ['b', 'c'] }],
    skipIdentical: true,
    dryRun: true,
  });
  expect(out).toContain('cycle: a → b → a');
  expect(out).toContain('nothing provides zlib-devl; did you mean zlib-devel?');
  expect(out).toMatch(/Bound by: +its longest chain/);
});

test('a rebuild wants a tag or sources, and one way of raising', async () => {
  expect((await run('rebuild', 'f1')).err).toContain('rebuild wants --tag, or source packages');
  expect((await run('rebuild', 'f1', '--tag', 'f1', '--bump', 'x')).err).toContain('--bump wants --author');
});

const verdict = {
  good: false,
  changes: [],
  broke: [
    {
      package: 'app',
      build: 8,
      baseline: 9,
      failure: { code: 'build_failed', message: '%build failed', fault: 'package' as const },
    },
  ],
  brokeBefore: [{ package: 'old', build: 10, baseline: 11, failure: null }],
  unclear: [],
  closure: {
    unmet: [{ arch: 'x86_64', package: 'user-1-1.x86_64', requirement: 'liba.so.1', before: false }],
    counts: { unmet: 3, unmetBefore: 2, mended: 0 },
    gone: [{ arch: 'x86_64', soname: 'liba.so.1', users: ['user-1-1.x86_64'] }],
    added: [{ arch: 'x86_64', soname: 'liba.so.2' }],
  },
};

test('a try is sent with how far it goes, and ends with what broke beside what was broken before', async () => {
  follow();
  hub.on('POST', /^\/tries$/, () => ({ ...batch, kind: 'try', state: 'planning' }));
  hub.on('GET', /^\/batches\/4$/, () => ({ ...detail, kind: 'try', verdict }));
  const { out, exit } = await run('try', 'f1', srpm, '--depth', 'all');
  expect(exit).toBe(1);
  expect(hub.sent.at(-1)).toMatchObject({ target: 'f1', depth: null, sources: [{ name: 'a-1-1.src.rpm' }] });
  expect(out).toContain(`It breaks something.
builds without the change and not with it (1):
  app (build 8, without it build 9): %build failed
can be installed no more (1):
  user-1-1.x86_64 (x86_64): nothing provides liba.so.1
sonames gone (1):
  liba.so.1 (x86_64), required by user-1-1.x86_64
sonames new (1):
  liba.so.2 (x86_64)
does not build without the change either (1):
  old (build 10, without it build 11)
2 requirements were met by nothing before, and are not now
`);
});

test('a good try is merged at once where that was asked for', async () => {
  const good = { ...verdict, good: true, broke: [], brokeBefore: [], closure: null };
  follow();
  hub.on('POST', /^\/tries$/, () => ({ ...batch, kind: 'try', state: 'planning' }));
  hub.on('GET', /^\/batches\/4$/, () => ({
    ...detail,
    kind: 'try',
    state: 'done',
    items: [],
    verdict: good,
  }));
  hub.on('POST', /^\/batches\/4\/merge$/, () => ({ ...batch, kind: 'try', state: 'done' }));
  const { out, exit } = await run('try', 'f1', srpm, '--merge');
  expect(exit).toBe(0);
  expect(out).toContain('Merged batch 4');
  expect((await run('try', 'f1', srpm, '--merge', '--nowait')).err).toContain('--merge waits for the end');
  expect((await run('try', 'f1', srpm, '--depth', 'deep')).err).toContain('--depth');
});
