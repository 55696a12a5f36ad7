import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClockCheck } from './checks/clock.ts';
import { HubClock } from './hub-clock.ts';
import { scene } from './testing/scene.ts';

const noon = Date.parse('2026-01-05T12:00:00Z');
const at = (time: number) => new Date(time).toUTCString();

function heard(date: string | null, sent: number, received = sent): number | undefined {
  const clock = new HubClock();
  clock.hear(date, sent, received);
  return clock.ahead;
}

test('a clock is ahead or behind by what the time of the reply cannot explain', () => {
  expect(heard(at(noon), noon)).toBe(0);
  expect(heard(at(noon), noon + 3_601_000, noon + 3_602_000)).toBe(3600);
  expect(heard(at(noon), noon - 90_000, noon - 60_000)).toBe(-60);
  // A long poll, and a worker that was frozen for a day while the reply waited.
  expect(heard(at(noon), noon - 25_000, noon + 86_400_000)).toBe(0);
  expect(heard(null, noon)).toBeUndefined();
  expect(heard('yesterday', noon)).toBeUndefined();
});

test('whatever a reply took, clocks that agree are never called different', () => {
  const ms = fc.integer({ min: 0, max: 10 ** 9 });
  fc.assert(
    fc.property(ms, ms, ms, (start, before, after) => {
      const made = noon + start + before;
      expect(heard(at(made), noon + start, made + after)).toBe(0);
    }),
  );
});

test('every reply to a call made once sets the clock right', async () => {
  await using stage = await scene();
  expect(stage.line.clock.ahead).toBeUndefined();
  await stage.line.once('heartbeat', { body: { tasks: [] } });
  expect(stage.line.clock.ahead).toBe(0);
  stage.hub.clockAhead = 3_700_000;
  await stage.line.once('heartbeat', { body: { tasks: [] } });
  expect(stage.line.clock.ahead).toBeLessThan(-3690);
  stage.hub.clockAhead = 0;
  await stage.line.once('heartbeat', { body: { tasks: [] } });
  expect(stage.line.clock.ahead).toBe(0);
});

test('a clock that is too far off is said with how far and what to do', () => {
  const clock = new HubClock();
  const check = new ClockCheck(clock);
  expect(check.look()).toBeNull();
  clock.hear(at(noon), noon + 3_725_000, noon + 3_725_000);
  expect(check.look()).toEqual({
    code: 'clock_off',
    reason: "its clock is 1 h 2 min ahead of the hub's; set it, for instance with chronyd",
  });
  clock.hear(at(noon), noon - 301_000, noon - 301_000);
  expect(check.look()?.reason).toContain('its clock is 5 min 1 s behind');
  clock.hear(at(noon), noon + 300_000, noon + 300_000);
  expect(check.look()).toBeNull();
  expect(new ClockCheck(clock, 10).look()?.code).toBe('clock_off');
});
