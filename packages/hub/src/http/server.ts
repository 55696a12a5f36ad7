/**
 * The hub's HTTP server: it registers the table of routes and nothing else under /api/v1.
 *
 * Invariant: every request has a principal and has met its route's demand before its handler sees it; everything that
 * goes wrong reaches the caller as a problem document.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { Problem, type Route, type RouteName, routes } from '@moromi/contract';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { authenticate, demand, KnownTokens } from '../identity/index.ts';
import {
  asProblem,
  type Call,
  effect,
  type Handler,
  type Handlers,
  type Ledger,
  log,
} from '../ledger/index.ts';
import { formOf, keepable } from './form.ts';

export interface ServerParts {
  ledger: Ledger;
  handlers: Handlers;
  /** What follows `/repos/` and `/dist/`. */
  repos: {
    serve(
      kind: 'build' | 'dist',
      path: string,
      query: URLSearchParams,
      request: FastifyRequest['raw'],
      reply: FastifyReply['raw'],
    ): Promise<void>;
  };
}

const defaultBodyLimit = 1024 * 1024;
/** The rest of a body is taken up to this size and for so long, so that its sender hears what was wrong. */
const drainLimit = 16 * 1024 * 1024;
const drainMs = 2000;

export async function makeServer({ ledger, handlers, repos }: ServerParts): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify<Server>({
    logger: false,
    bodyLimit: defaultBodyLimit,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 400 },
  });
  app.setValidatorCompiler(formOf);
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    parse(request, text, (error, value: unknown) => done(error, error ? undefined : keepable(text, value)));
  });
  // Raw bodies are read by their handlers as they come.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new Problem('not_found', `there is nothing at ${request.method} ${request.url.slice(0, 200)}`),
      request,
      reply,
    ),
  );
  const tokens = new KnownTokens(ledger);
  for (const name of Object.keys(routes) as RouteName[])
    register(app, ledger, tokens, name, handlers[name] as Handler<RouteName>);
  for (const [folder, kind] of [
    ['/repos/', 'build'],
    ['/dist/', 'dist'],
  ] as const)
    app.get(`${folder}*`, async (request, reply) => {
      reply.hijack();
      const [path = '', query = ''] = request.url.slice(folder.length).split('?', 2);
      try {
        await repos.serve(kind, decodePath(path), new URLSearchParams(query), request.raw, reply.raw);
      } catch (error) {
        sendRaw(error, request, reply);
      }
    });
  return app;
}

function register(
  app: FastifyInstance,
  ledger: Ledger,
  tokens: KnownTokens,
  name: RouteName,
  handler: Handler<RouteName>,
): void {
  const route: Route = routes[name];
  const schema: Record<string, unknown> = {};
  if (route.params !== undefined) schema['params'] = route.params;
  if (route.query !== undefined) schema['querystring'] = route.query;
  if (route.body !== undefined) schema['body'] = route.body;
  app.route({
    method: route.method,
    url: `/api/v1${route.path}`,
    schema,
    bodyLimit: route.bodyLimit ?? defaultBodyLimit,
    exposeHeadRoute: route.method === 'GET',
    // Before the body is read or checked: a stranger learns nothing of what is wrong with it.
    onRequest: async (request) => {
      const principal = await authenticate(tokens, request.headers.authorization);
      demand(principal, route.demand);
      principals.set(request, principal);
      // The framework counts the bodies that it reads itself; a stream is held to what it announces.
      if (Number(request.headers['content-length']) > (route.bodyLimit ?? defaultBodyLimit))
        throw new Problem('too_large');
    },
    handler: async (request, reply) => {
      const call = callOf(ledger, name, request, reply);
      if (route.replyStream !== undefined) {
        reply.hijack();
        await handler(call).catch((error: unknown) => sendRaw(error, request, reply));
        return;
      }
      return await handler(call);
    },
  });
}

const principals = new WeakMap<FastifyRequest, Awaited<ReturnType<typeof authenticate>>>();

function callOf(
  ledger: Ledger,
  name: RouteName,
  request: FastifyRequest,
  reply: FastifyReply,
): Call<RouteName> {
  const principal = principals.get(request);
  if (principal === undefined) throw new Problem('unauthenticated');
  const gone = new AbortController();
  reply.raw.on('close', () => gone.abort());
  const key = request.headers['idempotency-key'];
  const keyed = {
    principal: principal.name,
    route: name,
    key: typeof key === 'string' && key.length <= 200 ? key : undefined,
    body: [request.params, request.body],
  };
  return {
    principal,
    params: request.params,
    query: request.query,
    body: request.body,
    stream: request.raw,
    reply: reply.raw,
    gone: gone.signal,
    effect: (what: string, work: Parameters<Call<RouteName>['effect']>[1]) =>
      effect(ledger, what, keyed, work),
  } as Call<RouteName>;
}

async function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const problem = toProblem(error, request);
  // A sender that is still sending hears the answer only if somebody takes the rest; without an end of that the
  // connection would be reused in the middle of the body.
  if (!request.raw.complete && !(await drained(request.raw))) reply.header('connection', 'close');
  await reply.code(problem.status).type('application/problem+json').send(problem.toDocument());
}

/** Takes what is left of a body of sensible size. @returns whether it has come to its end */
async function drained(body: IncomingMessage): Promise<boolean> {
  if (!(Number(body.headers['content-length']) <= drainLimit) || body.destroyed) return false;
  body.resume();
  await once(body, 'end', { signal: AbortSignal.timeout(drainMs) }).catch(() => {});
  return body.complete;
}

function sendRaw(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error, request);
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const text = JSON.stringify(problem.toDocument());
  reply.raw
    .writeHead(problem.status, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(text),
    })
    .end(text);
}

function toProblem(thrown: unknown, request: FastifyRequest): Problem {
  const error = asProblem(thrown);
  if (error instanceof Problem) {
    if (error.status >= 500) log('warn', error.message, { code: error.code, route: request.url });
    return error;
  }
  const known = error as { statusCode?: number; validation?: unknown; message?: string; code?: string };
  if (known.statusCode === 413) return new Problem('too_large');
  if (known.validation !== undefined || (known.statusCode ?? 500) < 500)
    return new Problem('bad_request', known.message);
  const reference = randomUUID();
  log('error', 'a request failed in an unknown way', {
    reference,
    route: `${request.method} ${request.url}`,
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
  return new Problem('internal', `the hub failed; its log has more under ${reference}`, { reference });
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem('not_found');
  }
}
