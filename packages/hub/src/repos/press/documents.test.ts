import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareOut } from './documents.ts';

const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);

test('texts are shared out whole and in order, and no other way has a smaller largest share', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 1, maxLength: 7 }),
      fc.integer({ min: 1, max: 4 }),
      (bytes, hands) => {
        const shares = shareOut(bytes, hands);
        expect(shares.length).toBeLessThanOrEqual(hands);
        expect(shares.flatMap(({ from, to }) => bytes.slice(from, to))).toEqual(bytes);
        const largest = Math.max(...shares.map(({ from, to }) => sum(bytes.slice(from, to))));
        expect(largest).toBe(best(bytes, hands));
      },
    ),
  );
});

/** By trying all. */
function best(bytes: readonly number[], hands: number): number {
  if (hands === 1) return sum(bytes);
  return Math.min(
    ...bytes.map((_, at) =>
      Math.max(
        sum(bytes.slice(0, at + 1)),
        at + 1 === bytes.length ? 0 : best(bytes.slice(at + 1), hands - 1),
      ),
    ),
  );
}
