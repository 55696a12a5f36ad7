import { expect, test } from 'vitest';
import { itemsOfGroups } from './groups.ts';

const needs = (...given: Parameters<typeof itemsOfGroups<string>>) =>
  itemsOfGroups(...given).map((item) => `${item.source}@${item.target} ${item.needs.join()}`);

test('each group needs the one before it in its own target', () => {
  expect(needs(['a', 'b'], [['x'], ['y', 'z']], { parallel: false, together: false })).toEqual([
    'x@a ',
    'x@b ',
    'y@a 0',
    'z@a 0',
    'y@b 1',
    'z@b 1',
  ]);
});

test('together means in all targets, parallel means nothing', () => {
  expect(needs(['a', 'b'], [['x'], ['y']], { parallel: false, together: true })).toEqual([
    'x@a ',
    'x@b ',
    'y@a 0,1',
    'y@b 0,1',
  ]);
  expect(needs(['a'], [['x'], ['y']], { parallel: true, together: true })).toEqual(['x@a ', 'y@a ']);
});
