import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptLimit, lapse } from './rules.ts';

const ran = fc.double({ min: 0, max: 1e6, noNaN: true });

describe('a lease that lapses', () => {
  test('costs no attempt if it was never taken up', () => {
    fc.assert(
      fc.property(ran, fc.nat(9), (seconds, spent) => {
        expect(lapse({ heard: false, ran: seconds, spent })).toEqual({ fate: 'freed' });
      }),
    );
  });

  test('is held for its worker for a tenth of its time, and 15 minutes at most', () => {
    fc.assert(
      fc.property(ran, (seconds) => {
        const decision = lapse({ heard: true, ran: seconds, spent: 0 });
        expect(decision).toEqual({ fate: 'lost', spent: 1, holdSeconds: Math.min(900, seconds / 10) });
      }),
    );
  });

  test('ends the task with the last attempt that may be lost', () => {
    expect(lapse({ heard: true, ran: 1, spent: attemptLimit - 2 }).fate).toBe('lost');
    expect(lapse({ heard: true, ran: 1, spent: attemptLimit - 1 })).toEqual({
      fate: 'failed',
      spent: attemptLimit,
    });
  });
});
