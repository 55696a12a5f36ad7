/**
 * The OpenAPI 3.1 description, made from the table of routes.
 *
 * Invariant: it is a pure function of the table and the version; the served one cannot say anything else.
 */
import { errors } from './errors.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';

interface ObjectSchema {
  properties?: Record<string, unknown>;
  required?: string[];
}

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'todo'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errors) },
    todo: { type: 'string' },
    facts: { type: 'object' },
  },
};

/** @param version the version of the software, as `info.version` */
export function openapi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    const path = `/api/v1${route.path.replace(/:([a-zA-Z0-9]+)/g, '{$1}')}`;
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Moromi', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: problemSchema },
    },
  };
}

function operation(name: string, route: Route): Record<string, unknown> {
  const replies: Record<string, unknown> = {
    '200': {
      description: 'Success',
      content: {
        [route.replyStream ?? 'application/json']: route.reply === undefined ? {} : { schema: route.reply },
      },
    },
  };
  const byStatus = new Map<number, string[]>();
  for (const code of ['bad_request', 'unauthenticated', 'forbidden', ...route.errors] as const) {
    byStatus.set(errors[code].status, [...(byStatus.get(errors[code].status) ?? []), code]);
  }
  for (const [status, codes] of byStatus) {
    replies[String(status)] = {
      description: `Problem: ${codes.join(', ')}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  const body =
    route.bodyStream === true
      ? { 'application/octet-stream': {} }
      : route.body === undefined
        ? undefined
        : { 'application/json': { schema: route.body } };
  return {
    operationId: name,
    summary: route.summary,
    'x-demand': route.demand,
    ...(route.demand === 'anyone' ? {} : { security: [{ token: [] }] }),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: replies,
  };
}

function parameters(place: 'path' | 'query', schema: unknown): unknown[] {
  const object = schema as ObjectSchema | undefined;
  return Object.entries(object?.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (object?.required ?? []).includes(name),
    schema: property,
  }));
}
