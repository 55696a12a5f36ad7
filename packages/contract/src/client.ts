/**
 * The typed client: one function that calls any route of the table.
 *
 * Invariant: every call either returns the route's reply or throws a `Problem`. Calls that change something carry an
 * idempotency key made once per call, so repeating them after a cut changes nothing the second time.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { point } from '@moromi/faults';
import { Problem, type ProblemDocument } from './errors.ts';
import type { Body, Params, Query, Reply, Route } from './route.ts';
import { type RouteName, type Routes, routes } from './routes.ts';

export interface ClientOptions {
  /** Address of the hub: `http://127.0.0.1:7171`. Several, comma separated, are tried in turn. */
  hub: string;
  token?: string;
  /** How long a call goes on trying while no hub answers, in seconds; 0 gives up at once. */
  patienceSeconds?: number;
  /** Told before each new try: the reason in words. */
  onRetry?: (reason: string) => void;
}

type Input<R extends Route> = (keyof Params<R> extends never
  ? { params?: undefined }
  : { params: Params<R> }) &
  (R['query'] extends undefined ? { query?: undefined } : { query?: Query<R> }) &
  (Body<R> extends undefined ? { body?: Uint8Array } : { body: Body<R> });

export interface CallOptions {
  signal?: AbortSignal;
  /** Time for one try, in milliseconds; 60 s where not said. */
  timeoutMs?: number;
  patienceSeconds?: number;
}

export interface StreamReply {
  headers: Headers;
  body: ReadableStream<Uint8Array>;
}

/** Node's fetch gives up by itself where no answer has begun by then. */
const fetchLimitMs = 300_000;

const retryStatus = new Set([429, 502, 503, 504]);

export class Client {
  readonly #hubs: string[];
  readonly #options: ClientOptions;
  #current = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#hubs = options.hub.split(',').map((hub) => hub.trim().replace(/\/+$/, ''));
  }

  /** Address of the hub that answered last. */
  get hub(): string {
    return this.#hubs[this.#current % this.#hubs.length] ?? '';
  }

  /** Calls a route that replies in JSON. */
  async call<N extends RouteName>(
    name: N,
    input: Input<Routes[N]>,
    options: CallOptions = {},
  ): Promise<Reply<Routes[N]>> {
    // Read inside the try: a reply that is cut in its body is asked for again under the same idempotency key.
    const value = await this.#send(name, input as LooseInput, options, (response) => response.json());
    point(`receive.${name}`);
    return value as Reply<Routes[N]>;
  }

  /** Calls a route that replies with a stream; the caller reads it to its end or cancels it. */
  async stream<N extends RouteName>(
    name: N,
    input: Input<Routes[N]>,
    options: CallOptions = {},
  ): Promise<StreamReply> {
    const response = await this.#send(
      name,
      input as LooseInput,
      { timeoutMs: 0, ...options },
      async (whole) => whole,
    );
    if (response.body === null) throw new Problem('internal', `${name} answered without a body`);
    return { headers: response.headers, body: response.body };
  }

  async #send<T>(
    name: RouteName,
    input: LooseInput,
    options: CallOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const route: Route = routes[name];
    const headers: Record<string, string> = { accept: 'application/json, */*' };
    if (this.#options.token !== undefined) headers['authorization'] = `Bearer ${this.#options.token}`;
    if (route.method === 'POST') headers['idempotency-key'] = randomUUID();
    let body: string | Uint8Array<ArrayBuffer> | undefined;
    if (route.bodyStream === true) {
      headers['content-type'] = 'application/octet-stream';
      body = input.body as Uint8Array<ArrayBuffer>;
    } else if (input.body !== undefined) {
      headers['content-type'] = 'application/json';
      body = JSON.stringify(input.body);
    }
    const path = pathOf(route, input);
    const patience = options.patienceSeconds ?? this.#options.patienceSeconds ?? 30;
    const started = performance.now();
    for (let round = 0; ; round++) {
      const trouble = await this.#try(name, route, path, headers, body, options, read);
      if ('value' in trouble) return trouble.value;
      const waited = (performance.now() - started) / 1000;
      if (!trouble.again || waited >= patience) throw trouble.problem;
      this.#current++;
      this.#options.onRetry?.(trouble.problem.message);
      // Full jitter: a thousand clients that lost one hub must not come back in step.
      await delay(Math.random() * Math.min(2000, 50 * 2 ** Math.min(round, 6)), undefined, {
        signal: options.signal,
      });
    }
  }

  async #try<T>(
    name: RouteName,
    route: Route,
    path: string,
    headers: Record<string, string>,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    options: CallOptions,
    read: (response: Response) => Promise<T>,
  ): Promise<{ value: T } | { problem: Problem; again: boolean }> {
    const signals = [
      options.signal,
      options.timeoutMs === 0 ? undefined : AbortSignal.timeout(options.timeoutMs ?? 60_000),
    ];
    const signal = AbortSignal.any(signals.filter((one) => one !== undefined));
    try {
      point(`send.${name}`);
      const response = await fetch(`${this.hub}/api/v1${path}`, {
        method: route.method,
        headers,
        body,
        signal,
        ...((options.timeoutMs ?? 0) > fetchLimitMs ? { dispatcher: patient() } : {}),
      });
      if (response.ok) return { value: await read(response) };
      const text = await response.text();
      const problem = Problem.fromDocument(parse(text), response.status);
      return { problem, again: retryStatus.has(response.status) };
    } catch (error) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      const cause =
        error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      return {
        problem: new Problem('ledger_unavailable', `the hub at ${this.hub} does not answer (${cause})`),
        again: true,
      };
    }
  }
}

/** Under this symbol Node keeps the agent that its fetch uses; there is no other way to one with other limits. */
const agentOfFetch = Symbol.for('undici.globalDispatcher.1');
type Agent = NonNullable<RequestInit['dispatcher']>;
let patientAgent: Agent | undefined;

/** An agent that leaves it to the signal when to give up. */
function patient(): Agent | undefined {
  // Node makes its own with the first use of any of these.
  new Headers();
  const usual = (globalThis as { [agentOfFetch]?: Agent })[agentOfFetch];
  const make = usual?.constructor as (new (limits: object) => Agent) | undefined;
  if (make !== undefined) patientAgent ??= new make({ headersTimeout: 0, bodyTimeout: 0 });
  return patientAgent;
}

interface LooseInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

function parse(text: string): Partial<ProblemDocument> {
  try {
    return JSON.parse(text) as Partial<ProblemDocument>;
  } catch {
    return { detail: text.slice(0, 500) };
  }
}

function pathOf(route: Route, input: LooseInput): string {
  const path = route.path.replace(/:([a-zA-Z0-9]+)/g, (_, key: string) =>
    encodeURIComponent(String(input.params?.[key])),
  );
  const query = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined);
  if (query.length === 0) return path;
  return `${path}?${new URLSearchParams(Object.fromEntries(query.map(([key, value]) => [key, String(value)]))).toString()}`;
}
