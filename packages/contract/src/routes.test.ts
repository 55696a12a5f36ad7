import { expect, test } from 'vitest';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

interface Schema {
  type?: string;
  maximum?: number;
  properties?: Record<string, Schema>;
}

test('every number in an address has a greatest value, so none can be too large for the ledger', () => {
  const unbounded = Object.entries(routes as Record<string, Route>).flatMap(([name, route]) =>
    [route.params, route.query].flatMap((schema) =>
      Object.entries((schema as Schema | undefined)?.properties ?? {})
        .filter(([, one]) => one.type === 'integer' && one.maximum === undefined)
        .map(([key]) => `${name}: ${key}`),
    ),
  );
  expect(unbounded).toEqual([]);
});
