import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choose, type Waiter } from './choose.ts';
import { noNeeds } from './needs.ts';
import { noLimits } from './order.ts';
import { refusal } from './refusal.ts';
import type { Candidate } from './task.ts';
import { offer, task, waiter } from './testing/make.ts';

const ids = (pairs: { task: Candidate; waiter: Waiter }[]) =>
  pairs.map((pair) => [pair.task.id, pair.waiter.offer.worker]);

test('lower priority numbers come first, then the longer path', () => {
  const tasks = [task(1, { rank: 5 }), task(2, { rank: 9 }), task(3, { priority: 10, rank: 0 })];
  expect(ids(choose(tasks, [waiter('a')]))).toEqual([[3, 'a']]);
  expect(ids(choose(tasks.slice(0, 2), [waiter('a')]))).toEqual([[2, 'a']]);
});

test('a task goes to the worker that can do the least else', () => {
  const narrow = waiter('narrow', { arches: ['i686'] });
  const pairs = choose([task(1, { arch: 'i686' }), task(2)], [waiter('broad'), narrow]);
  expect(ids(pairs)).toEqual([
    [1, 'narrow'],
    [2, 'broad'],
  ]);
});

test('an assigned task goes to its worker whatever its channels, and to no other', () => {
  const mine = task(1, { assigned: 'b', channel: 'special' });
  expect(ids(choose([mine], [waiter('a'), waiter('b')]))).toEqual([[1, 'b']]);
  expect(choose([mine], [waiter('a')])).toEqual([]);
});

test('i686 goes where its x86_64 was built, where that worker waits', () => {
  const pair = task(1, { arch: 'i686', beside: 'b' });
  expect(ids(choose([pair], [waiter('a'), waiter('b')]))).toEqual([[1, 'b']]);
  expect(ids(choose([pair], [waiter('a')]))).toEqual([[1, 'a']]);
});

test('the longest path gets the fastest worker', () => {
  const pairs = choose(
    [task(1, { rank: 1 }), task(2, { rank: 100 })],
    [waiter('slow', { speed: 0.5 }), waiter('fast', { speed: 2 })],
  );
  expect(ids(pairs)).toEqual([
    [2, 'fast'],
    [1, 'slow'],
  ]);
});

test('a long task waits for a fast worker that is soon free rather than take a slow one; a short one does not', () => {
  const slow = waiter('slow', { speed: 0.5 });
  const busy = [{ offer: offer('fast', { speed: 2 }), freeIn: 60 }];
  expect(choose([task(1, { seconds: 600 })], [slow], noLimits, busy)).toEqual([]);
  expect(ids(choose([task(1, { seconds: 20 })], [slow], noLimits, busy))).toEqual([[1, 'slow']]);
  // The second would wait for the first, and then it is not worth it.
  const two = [
    task(1, { seconds: 600, rank: 2 }),
    task(2, { seconds: 600, rank: 1 }),
    task(3, { seconds: 600, rank: 0 }),
    task(4, { seconds: 600, rank: -1 }),
  ];
  expect(ids(choose(two, [slow], noLimits, busy))).toEqual([[4, 'slow']]);
});

test('what a worker carries bounds what it gets, but a task heavier than any worker still runs alone', () => {
  const slots = [0, 1, 2].map((slot) => waiter('a', { capacity: 2 }, slot));
  expect(choose([task(1, { weight: 1.5 }), task(2), task(3)], slots)).toHaveLength(1);
  expect(choose([task(1, { weight: 50 })], slots)).toHaveLength(1);
  const hungry = { ...noNeeds, memoryMb: 10_000 };
  expect(
    choose([task(1, { needs: hungry }), task(2, { needs: hungry }), task(3)], slots).map(
      (one) => one.task.id,
    ),
  ).toEqual([1, 3]);
});

test('one who has had nothing gets the next free slot before one who waits with thousands', () => {
  const many = Array.from({ length: 3000 }, (_, n) => task(n + 1, { owner: 'bulk' }));
  const one = task(5000, { owner: 'one' });
  const limits = { ...noLimits, shares: new Map([['bulk', 10_000]]) };
  expect(choose([...many, one], [waiter('a')], limits)[0]?.task.id).toBe(5000);
  // With nothing used yet, two get slots in turn.
  const both = choose(
    [...many, task(5000, { owner: 'one' }), task(5001, { owner: 'one' })],
    [0, 1, 2, 3].map((slot) => waiter('a', {}, slot)),
  );
  expect(both.map((pair) => pair.task.owner).toSorted()).toEqual(['bulk', 'bulk', 'one', 'one']);
});

test('quotas of owners and tags hold within one look', () => {
  const slots = [0, 1, 2, 3].map((slot) => waiter('a', {}, slot));
  const tasks = [1, 2, 3].map((id) => task(id, { tag: 7 })).concat(task(4, { tag: 8 }));
  expect(choose(tasks, slots, { ...noLimits, ownerRoom: new Map([['ann', 2]]) })).toHaveLength(2);
  expect(choose(tasks, slots, { ...noLimits, tagRoom: new Map([[7, 1]]) }).map((one) => one.task.id)).toEqual(
    [1, 4],
  );
});

const arches = ['x86_64', 'i686', 'aarch64'];
const someTask = fc.record({
  arch: fc.option(fc.constantFrom(...arches)),
  channel: fc.constantFrom('default', 'image'),
  owner: fc.constantFrom('ann', 'bob', 'cy'),
  tag: fc.option(fc.integer({ min: 1, max: 3 })),
  priority: fc.constantFrom(10, 20, 30),
  rank: fc.integer({ min: -5, max: 5 }),
  weight: fc.constantFrom(0.5, 1, 2),
  seconds: fc.integer({ min: 1, max: 100 }),
  needs: fc.constantFrom(noNeeds, { ...noNeeds, memoryMb: 8000 }, { ...noNeeds, cpuLevel: 4 }),
  assigned: fc.option(fc.constantFrom('w0', 'w1', 'w9'), { freq: 8 }),
});
const someWorker = fc.record({
  arches: fc.subarray(arches, { minLength: 1 }),
  channels: fc.subarray(['default', 'image'], { minLength: 1 }),
  capacity: fc.constantFrom(1, 2, 4),
  speed: fc.constantFrom(0.5, 1, 2),
  slots: fc.integer({ min: 1, max: 3 }),
});
const scene = fc.record({
  tasks: fc.array(someTask, { maxLength: 30 }),
  workers: fc.array(someWorker, { maxLength: 8 }),
});
const made = (one: {
  tasks: Partial<Candidate>[];
  workers: (Partial<Waiter['offer']> & { slots: number })[];
}) => ({
  tasks: one.tasks.map((each, n) => task(n + 1, each)),
  waiters: one.workers.flatMap(({ slots, ...each }, n) =>
    Array.from({ length: slots }, (_, slot) => waiter(`w${n}`, each, slot)),
  ),
});

test('no task and no slot is given twice, and nobody gets what it refuses', () => {
  fc.assert(
    fc.property(scene, (wish) => {
      const { tasks, waiters } = made(wish);
      const pairs = choose(tasks, waiters);
      expect(new Set(pairs.map((one) => one.task.id)).size).toBe(pairs.length);
      expect(new Set(pairs.map((one) => one.waiter)).size).toBe(pairs.length);
      for (const { task: one, waiter: to } of pairs) expect(refusal(one, to.offer, to.held)).toBeNull();
    }),
  );
});

test('nobody waits idle for a task that it could have, and no lower band takes what a higher one could', () => {
  fc.assert(
    fc.property(scene, (wish) => {
      const { tasks, waiters } = made(wish);
      const pairs = choose(tasks, waiters);
      const taken = new Set(pairs.map((one) => one.task.id));
      const used = new Set(pairs.map((one) => one.waiter));
      const idle = waiters.filter(
        (one) => !used.has(one) && pairs.every((pair) => pair.waiter.offer.worker !== one.offer.worker),
      );
      for (const left of tasks.filter((one) => !taken.has(one.id))) {
        for (const one of idle) expect(refusal(left, one.offer, one.held)).not.toBeNull();
        // A later band may only have what this one could not, also beside what the worker had got by then.
        for (const pair of pairs.filter((one) => one.task.priority > left.priority))
          if (refusal(left, pair.waiter.offer, pair.waiter.held) === null)
            expect(
              pairs.some((other) => other.waiter.offer.worker === pair.waiter.offer.worker && other !== pair),
            ).toBe(true);
      }
    }),
  );
});

test('renaming workers and owners changes nothing but names', () => {
  fc.assert(
    fc.property(scene, (wish) => {
      const { tasks, waiters } = made(wish);
      // The order of the names stays, for names are the last tie.
      const renamed = choose(
        tasks.map((one) => ({
          ...one,
          owner: `x-${one.owner}`,
          assigned: one.assigned === null ? null : `x-${one.assigned}`,
        })),
        waiters.map((one) => ({ ...one, offer: { ...one.offer, worker: `x-${one.offer.worker}` } })),
      );
      expect(renamed.map((one) => [one.task.id, one.waiter.offer.worker, one.waiter.slot])).toEqual(
        choose(tasks, waiters).map((one) => [one.task.id, `x-${one.waiter.offer.worker}`, one.waiter.slot]),
      );
    }),
  );
});

test('another worker never leaves fewer tasks with one', () => {
  fc.assert(
    fc.property(scene, someWorker, (wish, { slots: _, ...more }) => {
      const { tasks, waiters } = made({
        ...wish,
        tasks: wish.tasks.map((one) => ({ ...one, weight: 1, assigned: null, needs: noNeeds })),
      });
      const before = choose(tasks, waiters).length;
      expect(choose(tasks, [...waiters, waiter('w9', more)]).length).toBeGreaterThanOrEqual(
        Math.min(before, tasks.length) - 1,
      );
    }),
  );
});
