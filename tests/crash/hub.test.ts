/** The crash matrix of the hub. */
import { afterAll, expect, test } from 'vitest';
import { Matrix } from './matrix.ts';

// At collection: the points that are recorded become tests of their own.
const matrix = await Matrix.record('hub');

afterAll(() => matrix.stop());

test('the way of a package passes points', () => {
  expect(matrix.points.length).toBeGreaterThan(10);
});

test.for(matrix.points)('killed at %s, the hub comes back and the build is published once', async (point) => {
  await matrix.killAt(point);
});
