import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startsIn, turnsOfOthers } from './expect.ts';

test('with a free slot it begins at once, and with none able nobody can say', () => {
  expect(startsIn([0, 50], [])).toBe(0);
  expect(startsIn([], [10])).toBeNull();
});

test('what comes before it is played on the slots, each as soon as it is free', () => {
  expect(startsIn([0, 0], [10, 30, 10])).toBe(20);
  expect(startsIn([100, 20], [5])).toBe(25);
});

test('playing takes the slots as a sorted list would', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(100), { maxLength: 30 }),
      (slots, ahead) => {
        const times = [...slots];
        for (const seconds of ahead) {
          times.sort((a, b) => a - b);
          times[0] = (times[0] ?? 0) + seconds;
        }
        expect(startsIn(slots, ahead)).toBe(Math.min(...times));
      },
    ),
  );
});

test('an owner who waits with thousands does not come before the first task of one who has had as much', () => {
  const bulk = { owner: 'bulk', tasks: 3000, seconds: 60, share: 500 };
  expect(turnsOfOthers({ place: 0, share: 500, seconds: 60 }, [bulk])).toEqual([]);
  expect(turnsOfOthers({ place: 2, share: 500, seconds: 60 }, [bulk])).toHaveLength(2);
  // Who has had less catches up first.
  expect(turnsOfOthers({ place: 0, share: 800, seconds: 60 }, [bulk])).toHaveLength(5);
});
