import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptRuns } from './duration.ts';
import { learnedNeed, needFloor, robustPeak, within } from './learned.ts';

const floor = needFloor.memoryMb;
const mb = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const sane = fc.integer({ min: 1, max: 800_000 });
const runsOf = (one: fc.Arbitrary<number>, minLength = 1) =>
  fc.array(one, { minLength, maxLength: keptRuns });

test('what a build took becomes a step above it with a margin, and nothing where any builder has it', () => {
  const needs = [[], [1], [400], [410], [615], [820], [1229], [3072], [3277]];
  expect(needs.map((runs) => learnedNeed(runs, floor))).toEqual([0, 0, 0, 768, 1024, 1536, 2048, 4096, 6144]);
  expect(learnedNeed([800], needFloor.diskMb)).toBe(0);
  expect(learnedNeed([820], needFloor.diskMb)).toBe(1536);
});

test('one run that took or said something absurd decides nothing; one that comes again does', () => {
  expect(learnedNeed([1000, 1100, 900, 2 ** 31 - 1], floor)).toBe(3072);
  expect(learnedNeed([1000, 2 ** 31 - 1], floor)).toBe(3072);
  expect(learnedNeed([2 ** 31 - 1, 1000], floor)).toBe(3072);
  expect(learnedNeed([1000, 1100, 900, 1], floor)).toBe(1536);
  expect(learnedNeed([1000, 4000, 4000], floor)).toBe(6144);
});

test('what was long ago is forgotten', () => {
  expect(learnedNeed([9000, 9000, 9000, 1000, 1000, 1000, 1000, 1000], floor)).toBe(1536);
});

test('a run that took more never makes the need less', () => {
  fc.assert(
    fc.property(runsOf(mb), fc.nat(), mb, (runs, at, more) => {
      const raised = runs.with(at % runs.length, Math.max(more, runs[at % runs.length] ?? 0));
      expect(learnedNeed(raised, floor)).toBeGreaterThanOrEqual(learnedNeed(runs, floor));
    }),
  );
});

test('a need is never below what any of the runs that count took', () => {
  fc.assert(
    fc.property(runsOf(sane), (runs) => {
      const peak = robustPeak(runs);
      const need = learnedNeed(runs, floor);
      for (const one of runs.slice(-5).filter((run) => run <= peak))
        if (need > 0) expect(need).toBeGreaterThanOrEqual(one);
        else expect(one * 1.25).toBeLessThanOrEqual(floor);
    }),
  );
});

test('one outlier among three or more leaves the need between what the others say and twice that', () => {
  fc.assert(
    fc.property(fc.array(sane, { minLength: 2, maxLength: 4 }), mb, fc.nat(), (others, outlier, at) => {
      const peak = robustPeak(others.toSpliced(at % (others.length + 1), 0, outlier));
      expect(peak).toBeLessThanOrEqual(2 * Math.max(...others));
      expect(peak).toBeGreaterThanOrEqual(Math.min(...others));
    }),
  );
});

test('there are few different needs, each a power of two or halfway between two', () => {
  const seen = new Set<number>();
  fc.assert(
    fc.property(runsOf(mb), (runs) => {
      const need = learnedNeed(runs, floor);
      seen.add(need);
      if (need > 0) expect(Math.log2(need) % 1 === 0 || Math.log2(need / 3) % 1 === 0).toBe(true);
    }),
    { numRuns: 2000 },
  );
  for (let one = 1; one < 2 ** 31; one *= 1.01) seen.add(learnedNeed([one], floor));
  expect(seen.size).toBeLessThanOrEqual(23);
});

const room = fc.record({ memoryMb: fc.nat(100_000), diskMb: fc.nat(100_000) });

test('a need that no machine meets is cut to what the largest has, and one that one meets stays', () => {
  const small = { memoryMb: 7900, diskMb: 100_000 };
  const large = { memoryMb: 15_900, diskMb: 20_000 };
  const whole = { memoryMb: 8192, diskMb: 12_288 };
  expect(within(whole, [small, large])).toEqual(whole);
  expect(within({ memoryMb: 2 ** 20, diskMb: 0 }, [small, large])).toEqual({ memoryMb: 12_288, diskMb: 0 });
  // No machine has both: the one with the memory has it, with as much of its disk as it has.
  expect(within({ memoryMb: 8192, diskMb: 49_152 }, [small, large])).toEqual({
    memoryMb: 8192,
    diskMb: 16_384,
  });
  expect(within({ memoryMb: 2 ** 20, diskMb: 0 }, [small, { memoryMb: 0, diskMb: 0 }]).memoryMb).toBe(
    2 ** 20,
  );
  expect(within(whole, [])).toEqual({ memoryMb: 0, diskMb: 0 });
});

test('whatever is needed, one of the machines has all of it, and it is never more than was needed', () => {
  fc.assert(
    fc.property(room, fc.array(room, { minLength: 1 }), (need, machines) => {
      const { memoryMb, diskMb } = within(need, machines);
      const has = (offer: number, asked: number) => offer === 0 || offer >= asked;
      expect(machines.some((one) => has(one.memoryMb, memoryMb) && has(one.diskMb, diskMb))).toBe(true);
      expect(memoryMb).toBeLessThanOrEqual(need.memoryMb);
      expect(diskMb).toBeLessThanOrEqual(need.diskMb);
    }),
  );
});
