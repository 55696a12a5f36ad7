/**
 * What a model worker says to the hub: the routes over keep-alive connections of its own, as a machine of its own would
 * have them.
 *
 * Invariant: a call costs its caller little (Node's plain client, a third of what `fetch` costs), so that a thousand
 * workers in one process measure the hub and not themselves. A call is sent once; only one that met a connection which
 * the hub had just closed for its idleness goes out again.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { type Body, Problem, type Reply, type Route, type Routes, routes } from '@moromi/contract';

/** What workers call. */
export type WireRoute =
  | 'claim'
  | 'createUpload'
  | 'enrolWorker'
  | 'finishAttempt'
  | 'heartbeat'
  | 'offer'
  | 'release'
  | 'watchTasks';

type Said<N extends WireRoute> = {
  body: Body<Routes[N]>;
  params?: Record<string, number>;
  signal?: AbortSignal;
};

export class Wire {
  readonly #hub: URL;
  readonly #token: string;
  // One for what is asked now and one for what waits at the hub; a third while both are taken.
  #agent = new Agent({ keepAlive: true, maxSockets: 3 });

  constructor(hub: string, token: string) {
    this.#hub = new URL(hub);
    this.#token = token;
  }

  async call<N extends WireRoute>(name: N, said: Said<N>): Promise<Reply<Routes[N]>> {
    const route: Route = routes[name];
    const path = route.path.replace(/:([a-zA-Z0-9]+)/g, (_, key: string) => String(said.params?.[key]));
    const body = JSON.stringify(said.body);
    const headers = {
      accept: 'application/json, */*',
      authorization: `Bearer ${this.#token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(route.method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    };
    const send = (): Promise<Answer> =>
      this.#send({ method: route.method, path: `/api/v1${path}`, headers }, body, said.signal);
    const { status, text } = await send().catch((error: unknown) => {
      if (error instanceof Stale) return send();
      throw error;
    });
    if (status >= 200 && status < 300) return JSON.parse(text) as Reply<Routes[N]>;
    throw Problem.fromDocument(JSON.parse(text) as Parameters<typeof Problem.fromDocument>[0], status);
  }

  /** Ends all connections; the next call makes new ones. */
  cut(): void {
    this.#agent.destroy();
    this.#agent = new Agent({ keepAlive: true, maxSockets: 3 });
  }

  #send(
    what: { method: string; path: string; headers: Record<string, string | number> },
    body: string,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#hub;
      const sent = request({ ...what, hostname, port, agent: this.#agent, signal }, (reply) => {
        const pieces: Buffer[] = [];
        reply.on('data', (piece: Buffer) => pieces.push(piece));
        reply.on('error', reject);
        reply.on('end', () =>
          resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(pieces).toString() }),
        );
      });
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new Stale() : error),
      );
      sent.end(body);
    });
  }
}

interface Answer {
  status: number;
  text: string;
}

class Stale extends Error {}
