import { expect, test } from 'vitest';
import { between, bytes, inAbout, moment, span } from './figures.ts';

test('a time is shown with its zone', () => {
  expect(moment('2026-11-21T10:51:03.123Z', { utc: true })).toBe('2026-11-21 10:51:03 UTC');
  const local = moment('2026-11-21T10:51:03.123Z', { utc: false });
  expect(local).toMatch(/^2026-11-2\d \d\d:\d\d:\d\d [+-]\d{4}$/);
  expect(new Date(local.replace(/ ([+-]\d\d)(\d\d)$/, '$1:$2').replace(' ', 'T')).toISOString()).toBe(
    '2026-11-21T10:51:03.000Z',
  );
  expect(moment(null, { utc: true })).toBe('');
});

test('spans and sizes are short', () => {
  expect([0, 59.9, 60, 127, 3600, 86_400, 3 * 86_400 + 4 * 3600].map(span)).toEqual([
    '0s',
    '59s',
    '1m 00s',
    '2m 07s',
    '1h 00m',
    '1d 00h',
    '3d 04h',
  ]);
  expect(between('2026-01-01T00:00:00Z', '2026-01-01T00:02:07Z')).toBe('2m 07s');
  expect(between('2026-01-01T00:00:00Z', null)).toBe('');
  expect([0, 1023, 1024, 1536, 20 * 1024 ** 2, 1024 ** 4].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '20 MiB',
    '1.0 TiB',
  ]);
});

test('an estimate is said no more exactly than it is known', () => {
  expect([-5, 29, 30, 720, 5400, 40 * 3600].map(inAbout)).toEqual([
    'at any moment',
    'at any moment',
    'in about 1 min',
    'in about 12 min',
    'in about 2 h',
    'in about 2 days',
  ]);
});
