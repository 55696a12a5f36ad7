import { expect, test } from 'vitest';
import { sizeInWords, timeInWords } from './words.ts';

test('times are said in two units at most', () => {
  expect([0.2, 1, 59.6, 61, 3600, 3725, 14_400, 90_000, 86_400 * 3].map(timeInWords)).toEqual([
    '0 s',
    '1 s',
    '1 min',
    '1 min 1 s',
    '1 h',
    '1 h 2 min',
    '4 h',
    '1 d 1 h',
    '3 d',
  ]);
});

test('sizes are said in MiB, and in GiB where there are many', () => {
  expect([0, 2 ** 20, 1000 * 2 ** 20, 2 ** 30, 1.54 * 2 ** 30].map(sizeInWords)).toEqual([
    '0 MiB',
    '1 MiB',
    '1000 MiB',
    '1 GiB',
    '1.5 GiB',
  ]);
});
