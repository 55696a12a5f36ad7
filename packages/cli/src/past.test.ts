import { afterAll, beforeAll, expect, test } from 'vitest';
import { instant } from './past.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

const usual = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'America/New_York';
});
afterAll(() => {
  if (usual === undefined) delete process.env['TZ'];
  else process.env['TZ'] = usual;
});

const local = (text: string) => instant(text, '--ts', { utc: false });
const inUtc = (text: string) => instant(text, '--ts', { utc: true });

test("a time without a zone is of this machine's, of a day alone too", () => {
  expect(local('2026-11-21')).toBe('2026-11-21T05:00:00.000Z');
  expect(local('2026-07-21 10:51')).toBe('2026-07-21T14:51:00.000Z');
  expect(local('2026-11-21T10:51:03')).toBe('2026-11-21T15:51:03.000Z');
});

test('with --utc it is of UTC', () => {
  expect(inUtc('2026-11-21')).toBe('2026-11-21T00:00:00.000Z');
  expect(inUtc('2026-11-21 10:51:03')).toBe('2026-11-21T10:51:03.000Z');
});

test('a time that says its zone is of that, in the form in which times are shown too', () => {
  for (const read of [local, inUtc])
    for (const text of [
      '2026-11-21T10:51:03Z',
      '2026-11-21 10:51:03 UTC',
      '2026-11-21 11:51:03 +0100',
      '2026-11-21T11:51:03+01:00',
      '1795258263',
    ])
      expect(read(text), text).toBe('2026-11-21T10:51:03.000Z');
});

test('what is no time, or no day of the calendar, is refused', () => {
  for (const text of ['yesterday', 'noon 5', '2026-02-30', '2026-13-01', '2026-11-21 25:00', ''])
    expect(() => local(text), text).toThrow('--ts wants a time');
});

test('a hold until a time without a zone is sent in UTC', async () => {
  await using hub = await FakeHub.start();
  hub.on('POST', /holds$/, () => ({ id: 7, kind: 'dist', name: 'prod', number: 4, until: '' }));
  const hold = ['hold-revision', 'prod', '4', '--why', 'x', '--until', '2026-12-31 12:00'];
  await play(hub.address, hold);
  await play(hub.address, ['--utc', ...hold]);
  expect(hub.sent).toMatchObject([
    { until: '2026-12-31T17:00:00.000Z' },
    { until: '2026-12-31T12:00:00.000Z' },
  ]);
});
