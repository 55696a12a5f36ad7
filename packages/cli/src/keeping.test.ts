import type { Hold, Revision, ScrubStatus } from '@moromi/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';

let hub: FakeHub;
beforeEach(async () => {
  hub = await FakeHub.start();
});
afterEach(() => hub[Symbol.asyncDispose]());

const say = (...args: string[]): Promise<Played> => play(hub.address, ['--utc', ...args]);
const hold: Hold = {
  ...{ id: 7, kind: 'build', name: 'f1', number: 3, holder: 'ann', why: 'a compose' },
  ...{ since: '2026-11-22T01:00:00Z', until: '2026-11-23T01:00:00Z' },
};

test('a revision is held for a while or until a time, and why must be said', async () => {
  hub.on('POST', /holds$/, () => hold);
  const held = await say('hold-revision', 'f1', '3', '--build-repo', '--why', 'a compose', '--for', '1d');
  expect(held.out).toContain('Hold 7: f1/3 (build repository) stays until 2026-11-23 01:00');
  await say('hold-revision', 'prod', '4', '--why', 'x', '--until', '2026-12-31T12:00:00Z');
  expect(hub.sent).toEqual([
    { kind: 'build', name: 'f1', number: 3, why: 'a compose', seconds: 86_400 },
    { kind: 'dist', name: 'prod', number: 4, why: 'x', until: '2026-12-31T12:00:00.000Z' },
  ]);
  for (const wrong of [
    ['--why', 'x'],
    ['--for', '1d'],
    ['--why', 'x', '--until', 'soon'],
    ['--why', 'x', '--for', '1d', '--until', '2026-12-31T12:00:00Z'],
  ])
    expect((await say('hold-revision', 'f1', '3', ...wrong)).exit).toBe(2);
});

test('revisions show which have expired and which are held', async () => {
  const revision: Revision = {
    ...{
      tag: 'f1',
      number: 3,
      change: 9,
      createdAt: '2026-11-22T01:00:00Z',
      arches: ['x86_64'],
      packages: 5,
    },
    ...{ url: 'http://x/repos/f1/3/', expiredAt: null, holds: [hold] },
  };
  const expired = { ...revision, number: 2, expiredAt: '2026-11-22T05:00:00Z', holds: [] };
  hub.on('GET', /revisions/, () => ({ items: [revision, expired], next: null }));
  const { out } = await say('list-revisions', 'f1');
  expect(out).toMatch(/3 .*held until 2026-11-23 01:00.*: a compose/);
  expect(out).toMatch(/2 .*expired 2026-11-22 05:00/);
});

test('what goes out of the store is told before it goes', async () => {
  const amount = (blobs: number) => ({ blobs, bytes: blobs * 1024 });
  hub.on('POST', /collect$/, () => ({
    ...{ condemned: amount(1), waiting: amount(2), deleted: amount(0), strays: amount(3) },
  }));
  const { out } = await say('gc', '--dry-run');
  expect(out).toMatch(
    /Named by nothing: +1 files.*\nOn their way before: 2 files.*\nLeft by a crash: +3 files/,
  );
  expect(hub.sent).toEqual([{ dryRun: true }]);
});

test('what is damaged is told with what it is part of, and makes the exit code 1', async () => {
  const status: ScrubStatus = {
    round: {
      ...{ beganAt: '2026-11-22T01:00:00Z', endedAt: null, asked: false },
      ...{ read: { blobs: 4, bytes: 4096 }, left: { blobs: 2, bytes: 2048 } },
    },
    damaged: [
      {
        ...{ sha256: 'a'.repeat(64), size: 10, damage: 'content', damagedAt: '2026-11-22T02:00:00Z' },
        partOf: ['package alpha-1-1.x86_64'],
      },
    ],
  };
  hub.on('GET', /scrub$/, () => status);
  const bad = await say('scrub', '--status');
  expect(bad.exit).toBe(1);
  expect(bad.out).toContain(`${'a'.repeat(64)} has other bytes`);
  expect(bad.out).toContain('  package alpha-1-1.x86_64');
  hub.on('GET', /scrub$/, () => ({ ...status, damaged: [] }));
  expect((await say('scrub')).out).toContain('Nothing is known to be damaged.');
  expect((await say('scrub', '--now', '--status')).exit).toBe(2);
});
