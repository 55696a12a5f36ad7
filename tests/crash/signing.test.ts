/** The crash matrix of the hub while it publishes and has signed. */
import { afterAll, expect, test } from 'vitest';
import { SigningMatrix } from './signing-matrix.ts';

// At collection: the points that are recorded become tests of their own.
const matrix = await SigningMatrix.record('hub');

afterAll(() => matrix.stop());

test('publishing and signing pass points, in the press, its hands and the examiner too', () => {
  expect(matrix.points).toEqual(
    expect.arrayContaining([
      'press.hand.run:after',
      'press.tree',
      'press.revision:after',
      'signing.examined',
      'signing.fronts',
      'signing.seal',
      'ledger.tasks.finish.publish:before',
      'ledger.tasks.finish.publish:after#2',
      'ledger.tasks.finish.sign:before#2',
    ]),
  );
});

test.for(matrix.points)(
  'killed at %s, the hub comes back, signs once and ships what is signed',
  async (point) => {
    await matrix.killAt(point);
  },
);
