import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blindGuess, estimate, keptRuns, middle, remember, speedOf } from './duration.ts';
import { faded, halfLifeSeconds, runningUse } from './share.ts';

test('one run that hung moves nothing, and the newest runs are what counts', () => {
  expect(estimate([60, 61, 59, 86_400], [], 500)).toEqual({ seconds: 60.5, runs: 4 });
  const runs = Array.from({ length: 30 }, (_, n) => n).reduce<number[]>(remember, []);
  expect(runs).toHaveLength(keptRuns);
  expect(middle(runs)).toBe(25);
});

test('what was never built here is guessed from other architectures, then from the fleet, and said to be a guess', () => {
  expect(estimate([], [30, 40, 50], 500)).toEqual({ seconds: 40, runs: 0 });
  expect(estimate([], [], 500)).toEqual({ seconds: 500, runs: 0 });
  expect(estimate([], [], null)).toEqual({ seconds: blindGuess, runs: 0 });
});

test('an estimate lies between the least and the greatest run', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { minLength: 1 }), (runs) => {
      const { seconds } = estimate(runs, [], null);
      expect(seconds).toBeGreaterThanOrEqual(Math.min(...runs));
      expect(seconds).toBeLessThanOrEqual(Math.max(...runs));
    }),
  );
});

test('a worker is as fast as the middle of its runs, and not known by two of them', () => {
  expect(speedOf([])).toBe(1);
  expect(speedOf([4, 4])).toBe(2.5);
  expect(speedOf([2, 2, 2, 2, 2])).toBe(2);
});

test('use fades by half in a half-life, and what runs counts for as long as it is expected to', () => {
  expect(faded(100, halfLifeSeconds)).toBeCloseTo(50);
  expect(faded(100, -5)).toBe(100);
  expect(runningUse(60, 10, 2)).toBe(120);
  expect(runningUse(60, 100, 1)).toBe(100);
});
