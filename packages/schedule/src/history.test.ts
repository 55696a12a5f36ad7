/** The order over time: random histories of tasks that come and workers that come and go. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choose } from './choose.ts';
import { noLimits } from './order.ts';
import { rank } from './rank.ts';
import { faded, runningUse } from './share.ts';
import type { Candidate } from './task.ts';
import { task, waiter } from './testing/make.ts';

interface Come {
  owner: string;
  priority: number;
  path: number;
  seconds: number;
  after: number;
}

const comes = fc.array(
  fc.record({
    owner: fc.constantFrom('ann', 'bob', 'cy', 'dee'),
    priority: fc.constantFrom(20, 30),
    path: fc.integer({ min: 0, max: 5000 }),
    seconds: fc.integer({ min: 1, max: 200 }),
    after: fc.integer({ min: 0, max: 60 }),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Plays a history; returns for each task when it was leased. */
function play(
  history: readonly Come[],
  workers: number,
  joinAt = Number.POSITIVE_INFINITY,
): Map<number, number> {
  let come = 0;
  const waiting = history.map((one, n) => {
    come += one.after;
    return {
      at: come,
      task: task(n + 1, {
        owner: one.owner,
        priority: one.priority,
        seconds: one.seconds,
        rank: rank(one.path, come),
      }),
    };
  });
  const free: Candidate[] = [];
  const running: { task: Candidate; since: number; until: number; worker: string }[] = [];
  const used = new Map<string, { seconds: number; at: number }>();
  const leased = new Map<number, number>();
  for (let now = 0; waiting.length > 0 || free.length > 0; now++) {
    if (now > 1e6) throw new Error('something waits for ever');
    while (waiting[0] !== undefined && waiting[0].at <= now)
      free.push(...waiting.splice(0, 1).map((one) => one.task));
    for (const one of running.filter(({ until }) => until <= now)) {
      running.splice(running.indexOf(one), 1);
      const before = used.get(one.task.owner) ?? { seconds: 0, at: now };
      used.set(one.task.owner, {
        seconds: faded(before.seconds, now - before.at) + one.until - one.since,
        at: now,
      });
    }
    const shares = new Map([...used].map(([owner, { seconds, at }]) => [owner, faded(seconds, now - at)]));
    for (const one of running)
      shares.set(
        one.task.owner,
        (shares.get(one.task.owner) ?? 0) + runningUse(one.task.seconds, now - one.since, 1),
      );
    const names = Array.from({ length: workers + (now >= joinAt ? 1 : 0) }, (_, n) => `w${n}`);
    const idle = names
      .filter((name) => !running.some((one) => one.worker === name))
      .map((name) => waiter(name));
    for (const { task: one, waiter: to } of choose(free, idle, { ...noLimits, shares })) {
      free.splice(free.indexOf(one), 1);
      leased.set(one.id, now);
      running.push({ task: one, since: now, until: now + one.seconds, worker: to.offer.worker });
    }
  }
  return leased;
}

test('every task is leased, once, and with one more worker too', () => {
  fc.assert(
    fc.property(
      comes,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 500 }),
      (history, workers, joinAt) => {
        expect(play(history, workers).size).toBe(history.length);
        expect(play(history, workers, joinAt).size).toBe(history.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('with work that never ends, a short task gets its turn for its age', () => {
  const long = Array.from(
    { length: 400 },
    (): Come => ({ owner: 'ann', priority: 20, path: 3000, seconds: 60, after: 60 }),
  );
  const before = [
    ...long.slice(0, 5).map((one) => ({ ...one, after: 0 })),
    { owner: 'ann', priority: 20, path: 60, seconds: 60, after: 0 },
  ];
  const leased = play([...before, ...long], 1);
  const at = leased.get(6) ?? Number.NaN;
  // It waits until its age is worth the difference of the paths, and no longer than that much later.
  expect(at).toBeGreaterThan(10_000);
  expect(at).toBeLessThan((3000 - 60) / 0.05 + 1000);
});

test('over time two owners get equal parts of a fleet, whatever each has submitted', () => {
  const bulk = Array.from(
    { length: 300 },
    (): Come => ({ owner: 'bulk', priority: 20, path: 9000, seconds: 60, after: 0 }),
  );
  const other = Array.from(
    { length: 30 },
    (): Come => ({ owner: 'other', priority: 20, path: 60, seconds: 60, after: 0 }),
  );
  const leased = play([...bulk, ...other], 2);
  const last = Math.max(...other.map((_, n) => leased.get(301 + n) ?? Number.NaN));
  expect(last).toBeLessThanOrEqual(31 * 60);
});
