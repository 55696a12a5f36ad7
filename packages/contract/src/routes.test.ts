import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { Macros } from './shapes.ts';

interface Schema {
  type?: string;
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  patternProperties?: Record<string, Schema>;
}

/** Paths in what callers send whose schema is as `wanted` says. */
function found(wanted: (schema: Schema) => boolean): string[] {
  const below = (schema: Schema | undefined, path: string): string[] => {
    if (schema === undefined) return [];
    return [
      ...(wanted(schema) ? [path] : []),
      ...Object.entries(schema.properties ?? {}).flatMap(([key, one]) => below(one, `${path}.${key}`)),
      ...below(schema.items, `${path}[]`),
      ...(schema.anyOf ?? []).flatMap((one) => below(one, path)),
    ];
  };
  return Object.entries(routes as Record<string, Route>).flatMap(([name, route]) =>
    [route.params, route.query, route.body].flatMap((schema) => below(schema as Schema, name)),
  );
}

test('every number that a caller sends has a greatest value, so none can be too large for the ledger', () => {
  expect(found((schema) => schema.type === 'integer' && schema.maximum === undefined)).toEqual([]);
});

test('where a key must have a form, a key of another form is refused and not passed over', () => {
  expect(Value.Check(Macros, { dist: '.x', _topdir: '/' })).toBe(true);
  for (const name of ['a b', 'ab', 'a-bc', 'abc\n%x', ''])
    expect([name, Value.Check(Macros, { [name]: 'x' })]).toEqual([name, false]);
  // A pattern of a record's keys alone lets all others through.
  const patterned = (schema: Schema) =>
    Object.keys(schema.patternProperties ?? {}).some((pattern) => pattern !== '^.*$');
  expect(found(patterned)).toEqual([]);
});
