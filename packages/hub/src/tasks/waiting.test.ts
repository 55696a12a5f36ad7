import { expect, test } from 'vitest';
import { whyWaiting } from './waiting.ts';

const now = new Date('2026-01-01T00:00:00Z');
const offer = { arches: ['x86_64'], kinds: ['build' as const], slots: 2, version: '', driver: '', host: {} };
const workers = [{ name: 'w1', offer }];
const task = { kind: 'build' as const, arch: 'x86_64', notBefore: null };
const facts = { blockedBy: [], workers, load: new Map<string, number>(), now };

test('a free task names what it waits for, in the order in which it would help to know', () => {
  expect(whyWaiting(task, { ...facts, blockedBy: [3, 4] })).toBe('It waits for task 3, 4 to end.');
  const notBefore = new Date('2026-01-01T00:01:00Z');
  expect(whyWaiting({ ...task, notBefore }, facts)).toContain('until 2026-01-01T00:01:00.000Z');
  expect(whyWaiting({ ...task, arch: 'i686' }, facts)).toBe(
    'No enabled worker that is online takes build tasks for i686: start or enrol one.',
  );
  expect(whyWaiting(task, { ...facts, load: new Map([['w1', 2]]) })).toContain('All 1 workers');
  expect(whyWaiting(task, { ...facts, load: new Map([['w1', 1]]) })).toContain('about to be leased');
});

test('a hold that is over is no reason any more', () => {
  expect(whyWaiting({ ...task, notBefore: now }, facts)).toContain('about to be leased');
});
