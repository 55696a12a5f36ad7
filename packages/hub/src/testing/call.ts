/** Calls of routes as any client makes them, one try each, for tests that want to see the bare answer. */
import { randomUUID } from 'node:crypto';
import {
  type ProblemDocument,
  type Reply,
  type Route,
  type RouteName,
  type Routes,
  routes,
} from '@moromi/contract';

export interface Request {
  params?: Record<string, string | number>;
  query?: Record<string, string | number | boolean>;
  body?: unknown;
  bytes?: Uint8Array;
  /** Idempotency key; a new one where not said. */
  key?: string;
  signal?: AbortSignal;
}

export class Refused extends Error {
  readonly status: number;
  readonly problem: ProblemDocument;

  constructor(name: string, status: number, problem: ProblemDocument) {
    super(`${name}: ${status} ${problem.code}: ${problem.detail}`);
    this.status = status;
    this.problem = problem;
  }
}

export function pathOf(name: RouteName, request: Request = {}): string {
  const path = routes[name].path.replace(/:([a-zA-Z0-9]+)/g, (_, key: string) =>
    encodeURIComponent(String(request.params?.[key])),
  );
  const query = new URLSearchParams(
    Object.entries(request.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  ).toString();
  return `/api/v1${path}${query === '' ? '' : `?${query}`}`;
}

export async function send(
  url: string,
  token: string | undefined,
  name: RouteName,
  request: Request = {},
): Promise<Response> {
  const route: Route = routes[name];
  const headers: Record<string, string> = {};
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (route.method === 'POST') headers['idempotency-key'] = request.key ?? randomUUID();
  let body: string | Uint8Array<ArrayBuffer> | undefined;
  if (request.bytes !== undefined) {
    headers['content-type'] = 'application/octet-stream';
    body = request.bytes as Uint8Array<ArrayBuffer>;
  } else if (request.body !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(request.body);
  }
  return await fetch(`${url}${pathOf(name, request)}`, {
    method: route.method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
}

/** Throws `Refused` for everything but success. */
export async function call<N extends RouteName>(
  url: string,
  token: string | undefined,
  name: N,
  request: Request = {},
): Promise<Reply<Routes[N]>> {
  const response = await send(url, token, name, request);
  const value: unknown = await response.json();
  if (!response.ok) throw new Refused(name, response.status, value as ProblemDocument);
  return value as Reply<Routes[N]>;
}
