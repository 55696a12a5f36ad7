import type { ClosureResult, Failure } from '@moromi/contract';
import { expect, test } from 'vitest';
import { verdictOf } from './verdict.ts';

type Item = Parameters<typeof verdictOf>[0][number];
const own: Failure = { code: 'build_failed', message: 'no', fault: 'package' };
const item = (label: string, more: Partial<Item>): Item => ({
  label,
  state: 'done',
  stage: 'usual',
  build: 1,
  failure: null,
  ...more,
});
const failed = (label: string, more: Partial<Item> = {}) =>
  item(label, { state: 'failed', failure: own, ...more });
const closure = (before: boolean): ClosureResult => ({
  unmet: [{ arch: 'x86_64', package: 'user-1-1.x86_64', requirement: 'liblow.so.1', before }],
  counts: { unmet: 1, unmetBefore: before ? 1 : 0, mended: 0 },
  gone: [],
  added: [],
});
const change = item('change', { stage: 'change' });

test('what builds without the change and not with it broke; what builds neither way broke before', () => {
  const verdict = verdictOf(
    [
      change,
      item('fine', {}),
      failed('broke', { build: 7 }),
      item('broke', { stage: 'baseline', build: 8 }),
      failed('before'),
      failed('before', { stage: 'baseline' }),
      failed('lacking', { build: null, failure: { ...own, code: 'buildrequires_missing' } }),
    ],
    closure(true),
  );
  expect(verdict.broke).toEqual([{ package: 'broke', build: 7, baseline: 8, failure: own }]);
  expect(verdict.brokeBefore.map((one) => one.package)).toEqual(['before', 'lacking']);
  expect(verdict).toMatchObject({ good: false, changes: [], unclear: [] });
});

test('what was broken before does not make a verdict bad', () => {
  const items = [change, failed('before'), failed('before', { stage: 'baseline' })];
  expect(verdictOf(items, closure(true)).good).toBe(true);
});

test.each<[string, Item[], ClosureResult | null]>([
  ['what can be installed no more', [change], closure(false)],
  ['nobody looked at what can be installed', [change], null],
  ['the change does not build', [failed('change', { stage: 'change' })], null],
  ['a build was canceled', [change, item('user', { state: 'canceled' })], closure(true)],
  ['a build never began', [change, item('user', { state: 'held', build: null })], closure(true)],
  [
    'its builder failed',
    [
      change,
      failed('user', { failure: { ...own, fault: 'infrastructure' } }),
      item('user', { stage: 'baseline' }),
    ],
    closure(true),
  ],
  [
    'the builder of its baseline failed',
    [
      change,
      failed('user'),
      failed('user', { stage: 'baseline', failure: { ...own, fault: 'infrastructure' } }),
    ],
    closure(true),
  ],
])('%s: that is no good verdict', (_, items, found) => {
  expect(verdictOf(items, found).good).toBe(false);
});
