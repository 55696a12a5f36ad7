/** The crash matrix of the signer. */
import { afterAll, expect, test } from 'vitest';
import { SigningMatrix } from './signing-matrix.ts';

// At collection: the points that are recorded become tests of their own.
const matrix = await SigningMatrix.record('signer');

afterAll(() => matrix.stop());

test('the way of a signature passes points', () => {
  expect(matrix.points).toEqual(
    expect.arrayContaining([
      'worker.sign.chain:before',
      'worker.sign.one',
      'worker.sign.file',
      'worker.result:after',
    ]),
  );
});

test.for(matrix.points)(
  'killed at %s, the signer comes back, and what it signs is accepted once',
  async (point) => {
    await matrix.killAt(point);
  },
);
