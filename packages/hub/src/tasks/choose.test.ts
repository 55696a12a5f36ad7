import type { TaskKind } from '@moromi/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, choose, fits, type Waiter } from './choose.ts';

const kind = fc.constantFrom<TaskKind>('srpm', 'build', 'publish');
const arch = fc.constantFrom('x86_64', 'i686', 'aarch64');
const tasks = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 999 }),
    kind,
    arch: fc.option(arch),
    priority: fc.integer({ min: 0, max: 3 }),
  }),
  { selector: (one) => one.id, maxLength: 20 },
);
const waiters = fc.uniqueArray(
  fc.record({
    worker: fc.constantFrom('a', 'b', 'c', 'd'),
    slot: fc.integer({ min: 0, max: 3 }),
    kinds: fc.uniqueArray(kind, { minLength: 1 }),
    arches: fc.uniqueArray(arch),
    load: fc.integer({ min: 0, max: 3 }),
  }),
  { selector: (one) => `${one.worker} ${one.slot}`, maxLength: 12 },
);

function shown(candidates: readonly Candidate[], waiting: readonly Waiter[]): string[] {
  return choose(candidates, waiting).map(({ task, waiter }) => `${task.id} ${waiter.worker} ${waiter.slot}`);
}

describe('choosing', () => {
  test('gives each task to one waiter and each waiter one task, which it can do', () => {
    fc.assert(
      fc.property(tasks, waiters, (free, waiting) => {
        const pairs = choose(free, waiting);
        expect(new Set(pairs.map((pair) => pair.task)).size).toBe(pairs.length);
        expect(new Set(pairs.map((pair) => pair.waiter)).size).toBe(pairs.length);
        for (const { task, waiter } of pairs) expect(fits(task, waiter)).toBe(true);
      }),
    );
  });

  test('leaves no waiter without a task that it could do', () => {
    fc.assert(
      fc.property(tasks, waiters, (free, waiting) => {
        const pairs = choose(free, waiting);
        const given = new Set<Candidate>(pairs.map((pair) => pair.task));
        const busy = new Set<Waiter>(pairs.map((pair) => pair.waiter));
        for (const task of free.filter((one) => !given.has(one)))
          for (const waiter of waiting.filter((one) => !busy.has(one)))
            expect(fits(task, waiter)).toBe(false);
      }),
    );
  });

  test('does not depend on the order in which tasks and waiters are listed', () => {
    fc.assert(
      fc.property(tasks, waiters, (free, waiting) => {
        expect(shown(free.toReversed(), waiting.toReversed())).toEqual(shown(free, waiting));
      }),
    );
  });

  test('changes nothing but names where things get other names in the same order', () => {
    fc.assert(
      fc.property(tasks, waiters, (free, waiting) => {
        const named = waiting.map((one) => ({ ...one, worker: `new-${one.worker}` }));
        const numbered = free.map((one) => ({ ...one, id: one.id * 7 }));
        const before = choose(free, waiting).map(
          (pair) => `${pair.task.id * 7} new-${pair.waiter.worker} ${pair.waiter.slot}`,
        );
        expect(shown(numbered, named)).toEqual(before);
      }),
    );
  });

  test('takes tasks by priority, then by age', () => {
    fc.assert(
      fc.property(tasks, (free) => {
        const all = {
          worker: 'w',
          kinds: ['srpm', 'build', 'publish'] as TaskKind[],
          arches: ['x86_64', 'i686', 'aarch64'],
        };
        const waiting = [0, 1, 2].map((slot) => ({ ...all, slot, load: 0 }));
        const first = free.toSorted((a, b) => a.priority - b.priority || a.id - b.id).slice(0, 3);
        expect(choose(free, waiting).map((pair) => pair.task.id)).toEqual(first.map((one) => one.id));
      }),
    );
  });

  test('keeps those who can do much for what only they can do', () => {
    const both: Waiter = {
      worker: 'a',
      slot: 0,
      kinds: ['srpm', 'build'],
      arches: ['x86_64', 'i686'],
      load: 0,
    };
    const only: Waiter = { worker: 'b', slot: 0, kinds: ['build'], arches: ['x86_64'], load: 5 };
    const free: Candidate[] = [
      { id: 1, kind: 'build', arch: 'x86_64', priority: 1 },
      { id: 2, kind: 'build', arch: 'i686', priority: 1 },
    ];
    expect(shown(free, [both, only])).toEqual(['1 b 0', '2 a 0']);
  });

  test('spreads equal tasks over the least loaded', () => {
    const one = { kinds: ['build'] as TaskKind[], arches: ['x86_64'] };
    const waiting: Waiter[] = [
      { ...one, worker: 'a', slot: 0, load: 1 },
      { ...one, worker: 'a', slot: 1, load: 1 },
      { ...one, worker: 'b', slot: 0, load: 0 },
    ];
    const free = [1, 2].map((id) => ({ id, kind: 'build' as const, arch: 'x86_64', priority: 1 }));
    expect(shown(free, waiting)).toEqual(['1 b 0', '2 a 0']);
  });
});
