import { noNeeds } from '@moromi/schedule';
import { expect, test } from 'vitest';
import type { WorkerFacts } from '../workers/index.ts';
import { answers, type WaitingFacts, type WaitingTask, whyWaiting } from './waiting.ts';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-01T00:01:00Z');

function worker(name: string, more: Partial<WorkerFacts> = {}): WorkerFacts {
  return {
    name,
    offer: { arches: ['x86_64'], kinds: ['build'], slots: 2, version: '', driver: '', host: {} },
    channels: ['default'],
    excludes: [],
    capacity: null,
    standing: 'enabled',
    standingReason: null,
    standingBy: null,
    standingAt: null,
    unfit: null,
    clockAhead: null,
    speed: 1,
    troubles: [],
    leaving: false,
    enrolledAt: now,
    lastSeenAt: now,
    online: true,
    refreshAsked: 0,
    refreshDone: 0,
    refreshProblem: null,
    refreshRestart: [],
    ...more,
  };
}

const task: WaitingTask = {
  id: 7,
  kind: 'build',
  label: 'hello-1-1',
  arch: 'x86_64',
  channel: 'default',
  package: 'hello',
  owner: 'ann',
  tag: 1,
  priority: 20,
  rank: 0,
  seconds: 60,
  weight: 1,
  needs: noNeeds,
  assigned: null,
  beside: null,
  refusedBy: new Map(),
  notBefore: null,
};

const facts: WaitingFacts = {
  now,
  blockers: [],
  workers: [worker('w1')],
  held: new Map(),
  busy: new Map(),
  pause: undefined,
  quota: undefined,
  place: 0,
  share: 0,
  urgent: [],
  others: [],
};
const full = {
  held: new Map([['w1', { tasks: 2, weight: 2, memoryMb: 0, diskMb: 0 }]]),
  busy: new Map([['w1', [30, 90]]]),
};

test('what it waits for is named, with when that is expected to end', () => {
  const blocker = {
    task: 7,
    id: 3,
    kind: 'publish' as const,
    label: 'f1',
    state: 'leased' as const,
    left: 60,
  };
  expect(whyWaiting(task, { ...facts, blockers: [blocker] })).toEqual({
    code: 'blocked',
    reason: 'It waits for task 3 (publish of f1, leased) to end.',
    change: 'It is let go when those have ended; nothing is to be done.',
    estimate: later.toISOString(),
  });
  const unknown = [blocker, { ...blocker, id: 4, state: 'free' as const, left: null }];
  expect(whyWaiting(task, { ...facts, blockers: unknown }).estimate).toBeNull();
});

test('a hold says until when, and one that is over is no reason any more', () => {
  expect(whyWaiting({ ...task, notBefore: later }, facts)).toMatchObject({
    code: 'held',
    estimate: later.toISOString(),
  });
  expect(whyWaiting({ ...task, notBefore: now }, facts).code).toBe('starting');
});

test('a pause and a quota are named with who can end them', () => {
  const pause = { tag: '', tagId: null, reason: 'moving the store', actor: 'root', at: now };
  expect(whyWaiting(task, { ...facts, pause })).toMatchObject({
    code: 'paused',
    reason: 'The system is paused by root since 2026-01-01T00:00:00.000Z: moving the store.',
  });
  expect(whyWaiting(task, { ...facts, pause: { ...pause, tag: 'f1' } }).change).toContain(
    'moromi unpause f1',
  );
  const quota = { subject: 'owner' as const, name: 'ann', tasks: 3 };
  expect(whyWaiting(task, { ...facts, quota }).reason).toBe(
    'ann has as many tasks running at once as its quota allows: 3.',
  );
});

test('without a worker for it, or with none that fits, each says what it lacks', () => {
  expect(whyWaiting({ ...task, arch: 'riscv64' }, facts)).toMatchObject({
    code: 'no_worker',
    reason: 'No worker takes build tasks for riscv64.',
  });
  const small = worker('small', {
    offer: { ...worker('x').offer, machine: { cores: 1, memoryMb: 2048, diskMb: 9, cpuLevel: 1 } },
  });
  const hungry = { ...task, needs: { ...noNeeds, memoryMb: 8192 } };
  expect(whyWaiting(hungry, { ...facts, workers: [small] })).toMatchObject({
    code: 'no_fit',
    reason: 'No worker can take it: small has 2 GiB of memory and 8 GiB are needed.',
  });
});

test('workers that are away, disabled or unfit are named with the reason', () => {
  const workers = [
    worker('gone', { online: false }),
    worker('off', { standing: 'disabled', standingReason: 'new disk' }),
    worker('bad', { standing: 'aside', standingReason: '3 tasks in a row failed' }),
    worker('full', { unfit: { code: 'disk_low', reason: 'its disk has 1 GiB left' } }),
  ];
  expect(whyWaiting(task, { ...facts, workers })).toMatchObject({
    code: 'none_online',
    reason:
      'Every worker that could take it is away or held back: gone was last seen at 2026-01-01T00:00:00.000Z; off is disabled (new disk); bad is set aside (3 tasks in a row failed); full takes nothing now: its disk has 1 GiB left.',
  });
});

test('while all are busy it says how many come before it, and when it is expected to begin', () => {
  expect(whyWaiting(task, { ...facts, ...full, place: 1 })).toMatchObject({
    code: 'busy',
    reason: 'The one worker that takes build tasks for x86_64 is busy; 1 task comes before it.',
    estimate: new Date(now.getTime() + 90_000).toISOString(),
  });
  const others = [{ owner: 'bob', tasks: 5, seconds: 60, share: 0 }];
  expect(whyWaiting(task, { ...facts, ...full, others }).reason).toContain('and 1 others have their turns');
});

test('a worker that refused it for now is no reason to say that one has room', () => {
  const refusedBy = new Map([['w1', 'ran out of memory with it']]);
  expect(whyWaiting({ ...task, refusedBy }, facts)).toMatchObject({
    code: 'no_room',
    reason: 'No worker has room for it now: w1 ran out of memory with it.',
  });
});

test('each worker answers for itself', () => {
  expect(answers(task, { ...facts, ...full })).toEqual([
    {
      worker: 'w1',
      refusal: { hard: false, code: 'no_room', reason: 'works on 2 tasks, as many as it takes' },
    },
  ]);
  expect(answers(task, facts)).toEqual([{ worker: 'w1', refusal: null }]);
});
