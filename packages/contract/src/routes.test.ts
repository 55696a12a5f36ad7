import { expect, test } from 'vitest';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

interface Schema {
  type?: string;
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
}

/** Paths of the numbers in what a caller sends that have no greatest value. */
function unbounded(schema: Schema | undefined, path: string): string[] {
  if (schema === undefined) return [];
  const own = schema.type === 'integer' && schema.maximum === undefined ? [path] : [];
  return [
    ...own,
    ...Object.entries(schema.properties ?? {}).flatMap(([key, one]) => unbounded(one, `${path}.${key}`)),
    ...unbounded(schema.items, `${path}[]`),
    ...(schema.anyOf ?? []).flatMap((one) => unbounded(one, path)),
  ];
}

test('every number that a caller sends has a greatest value, so none can be too large for the ledger', () => {
  const found = Object.entries(routes as Record<string, Route>).flatMap(([name, route]) =>
    [route.params, route.query, route.body].flatMap((schema) => unbounded(schema as Schema, name)),
  );
  expect(found).toEqual([]);
});
