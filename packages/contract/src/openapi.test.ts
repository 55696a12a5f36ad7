import { describe, expect, test } from 'vitest';
import { errors, isErrorCode, Problem } from './errors.ts';
import { openapi } from './openapi.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

const document = JSON.parse(JSON.stringify(openapi('1.2.3'))) as {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
};
interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: unknown }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string; content: Record<string, unknown> }>;
  security?: unknown[];
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function* nodes(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const one of Object.values(value)) yield* nodes(one);
}

describe('the OpenAPI document', () => {
  test('is of version 3.1 and has every route once', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.version).toBe('1.2.3');
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids.toSorted()).toEqual(Object.keys(routes).toSorted());
  });

  test('declares every parameter of a path, once and as required', () => {
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      const declared = operation.parameters.filter((one) => one.in === 'path');
      expect(declared.map((one) => one.name).toSorted()).toEqual(named.toSorted());
      expect(declared.every((one) => one.required)).toBe(true);
      const keys = operation.parameters.map((one) => `${one.in} ${one.name}`);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  test('has no reference that leads nowhere', () => {
    for (const node of nodes(document)) {
      const reference = node['$ref'];
      if (typeof reference !== 'string') continue;
      const found = reference
        .replace(/^#\//, '')
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect([reference, found]).not.toEqual([reference, undefined]);
    }
  });

  test('uses only words that JSON Schema 2020-12 has for types', () => {
    const types = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string']);
    for (const { operation } of operations) {
      const schemas = [
        operation.parameters.map((one) => one.schema),
        operation.requestBody,
        operation.responses,
      ];
      for (const node of nodes(schemas)) {
        if (typeof node['type'] === 'string') expect(types).toContain(node['type']);
        if (Array.isArray(node['required']) && node['type'] === 'object')
          for (const name of node['required'])
            expect(Object.keys(node['properties'] as object)).toContain(name);
        if (typeof node['pattern'] === 'string') new RegExp(node['pattern'], 'u');
      }
    }
  });

  test('says what can go wrong, and where a token is needed', () => {
    for (const { operation } of operations) {
      const route: Route = routes[operation.operationId as keyof typeof routes];
      for (const code of route.errors)
        expect(operation.responses[String(errors[code].status)]?.description).toContain(code);
      expect(operation.security !== undefined).toBe(route.demand !== 'anyone');
    }
  });

  test('has bodies only where a route takes one', () => {
    for (const { operation, method } of operations) {
      const route: Route = routes[operation.operationId as keyof typeof routes];
      expect(operation.requestBody !== undefined).toBe(route.body !== undefined || route.bodyStream === true);
      if (method === 'get') expect(operation.requestBody).toBeUndefined();
    }
  });
});

describe('errors', () => {
  test('each say what is wrong and what to do, in sentences', () => {
    for (const [code, { status, title, todo }] of Object.entries(errors)) {
      expect(code).toMatch(/^[a-z_]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).toMatch(/^[A-Z].*\.$/);
      expect(todo).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('come over the wire as they were', () => {
    const problem = new Problem('log_gap', 'a hole', { size: 5 });
    const back = Problem.fromDocument(JSON.parse(JSON.stringify(problem.toDocument())), 422);
    expect(back).toEqual(problem);
    expect(Problem.fromDocument({ code: 'unheard_of' as 'internal' }, 500).code).toBe('internal');
    expect(Problem.fromDocument({}, 503).code).toBe('ledger_unavailable');
    expect(isErrorCode('toString')).toBe(false);
  });
});
