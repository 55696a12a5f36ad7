/**
 * A hub in memory for the worker's tests: it speaks the real routes over real HTTP, on loopback, and loses what it is
 * told to lose.
 *
 * Invariant: it keeps the contract's promises as the real one does (repeats change nothing, gaps are refused, parts are
 * checked); what a test takes away is only the line: a request may be cut before or after it took effect.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Body,
  type Claim,
  type Completion,
  type ErrorCode,
  type Heartbeat,
  type Lease,
  type NewUpload,
  Problem,
  partSize,
  type Release,
  type RouteName,
  type Routes,
  routes,
  type ToldOffer,
  type WorkerStanding,
} from '@moromi/contract';

/** What happens to the line of a request: `before` cuts it unheard, `after` when it has taken effect. */
export type Fate = 'well' | 'before' | 'after' | 'unavailable';

interface Asked {
  name: RouteName;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Buffer;
  request: IncomingMessage;
}

interface StoredUpload extends NewUpload {
  id: string;
  parts: Map<number, Buffer>;
}

const patterns = Object.entries(routes).map(([name, route]) => ({
  name: name as RouteName,
  method: route.method,
  pattern: new RegExp(`^/api/v1${route.path.replace(/:([a-zA-Z0-9]+)/g, '(?<$1>[^/]+)')}$`),
}));

export class TestHub {
  readonly #server: Server;
  readonly #waiting: { body: Claim; done: () => void }[] = [];
  readonly #given = new Map<string, Lease>();
  /** Decides about every request; all is well unless a test says otherwise. */
  fate: (name: RouteName, asked: Asked) => Fate = () => 'well';
  /** While set, no connection is answered at all. */
  away = false;
  /** In milliseconds, before each answer. */
  latency: (name: RouteName) => number = () => 0;
  readonly calls: { name: RouteName; params: Record<string, string>; body: unknown; at: number }[] = [];
  readonly queue: Lease[] = [];
  readonly held = new Map<number, number>();
  readonly lost = new Map<number, string>();
  readonly logs = new Map<string, { bytes: Buffer[]; size: number; complete: boolean; arrived: number[] }>();
  readonly uploads = new Map<string, StoredUpload>();
  readonly blobs = new Map<string, Buffer>();
  readonly results = new Map<string, Completion>();
  readonly released: { task: number; attempt: number }[] = [];
  readonly beats: Heartbeat[] = [];
  /** The worker's token is not known any more. */
  strangers = false;
  /** A problem to answer with, where there is one. */
  answer: (name: RouteName) => ErrorCode | undefined = () => undefined;
  /** Refuses a good result with this code. */
  refuse: ErrorCode | undefined;
  logLimit = Infinity;
  standing: WorkerStanding = 'enabled';
  /** What it asks with every answer to a heartbeat, until an offer has answered it. */
  ask: number | undefined;
  /** How far its clock is ahead of this machine's, in milliseconds. */
  clockAhead = 0;
  readonly #watching = new Set<() => void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async listen(): Promise<TestHub> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new TestHub(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  /** Cuts every connection there is, as a hub does that dies. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  /** Takes a task from its worker, or changes its standing, and tells those who watch. */
  stops(task?: number, why = 'canceled by kojiadmin', standing: WorkerStanding = this.standing): void {
    if (task !== undefined) this.lost.set(task, why);
    this.standing = standing;
    for (const look of this.#watching) look();
  }

  /** How many questions wait for something that is to be stopped. */
  get watching(): number {
    return this.#watching.size;
  }

  offer(lease: Lease): void {
    this.queue.push(lease);
    this.#waiting.shift()?.done();
  }

  named(name: RouteName): { params: Record<string, string>; body: unknown; at: number }[] {
    return this.calls.filter((call) => call.name === name);
  }

  log(task: number, attempt: number, name: string): Buffer {
    return Buffer.concat(this.logs.get(`${task}-${attempt}/${name}`)?.bytes ?? []);
  }

  addBlob(bytes: Buffer): { sha256: string; size: number } {
    const sha256 = sha256Of(bytes);
    this.blobs.set(sha256, bytes);
    return { sha256, size: bytes.length };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    const url = new URL(request.url ?? '/', 'http://hub');
    const route = patterns.find((one) => one.method === request.method && one.pattern.test(url.pathname));
    if (this.away || route === undefined) {
      request.socket.destroy();
      return;
    }
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const params = { ...(route.pattern.exec(url.pathname)?.groups ?? {}) };
    const body = Buffer.concat(chunks);
    const asked: Asked = { name: route.name, params, query: url.searchParams, body, request };
    const fate = this.fate(route.name, asked);
    if (fate === 'before') {
      request.socket.destroy();
      return;
    }
    const text = request.headers['content-type']?.includes('json') === true ? body.toString() : '';
    this.calls.push({
      name: route.name,
      params,
      body: text === '' ? undefined : JSON.parse(text),
      at: performance.now(),
    });
    if (this.clockAhead !== 0)
      response.setHeader('date', new Date(Date.now() + this.clockAhead).toUTCString());
    const wait = this.latency(route.name);
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    try {
      const problem = this.answer(route.name);
      if (problem !== undefined) throw new Problem(problem);
      if (this.strangers) throw new Problem('unauthenticated');
      if (fate === 'unavailable') throw new Problem('ledger_unavailable');
      const reply = await this.#effect(asked, response, fate);
      if (fate === 'after' || this.away) request.socket.destroy();
      else if (reply !== undefined) send(response, 200, reply);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem('internal', String(error));
      send(response, problem.status, problem.toDocument());
    }
  }

  async #effect(asked: Asked, response: ServerResponse, fate: Fate): Promise<unknown> {
    const json = () => JSON.parse(asked.body.toString()) as unknown;
    switch (asked.name) {
      case 'enrolWorker':
        return { name: (json() as { name: string }).name, token: 'the-token-of-the-worker' };
      case 'offer': {
        const { answer } = json() as ToldOffer;
        if (answer !== undefined && answer.ask === this.ask) this.ask = undefined;
        return {};
      }
      case 'claim':
        return await this.#claim(json() as Claim, asked.request);
      case 'heartbeat':
        return this.#heartbeat(json() as Heartbeat);
      case 'watchTasks':
        return await this.#watch(json() as Body<Routes['watchTasks']>, asked.request);
      case 'status':
        return {};
      case 'listTasks':
        return {
          items: [...this.held]
            .filter(([id]) => !this.lost.has(id))
            .map(([id, attempt]) => ({ id, attempt, worker: asked.query.get('worker') })),
          next: null,
        };
      case 'release':
        for (const one of (json() as Release).tasks) {
          // A repeat changes nothing: what was under way at a cut may arrive after all.
          const repeated = this.released.some(
            ({ task, attempt }) => task === one.task && attempt === one.attempt,
          );
          if (!repeated) this.released.push(one);
          this.held.delete(one.task);
        }
        return {};
      case 'appendLog':
        return this.#appendLog(asked);
      case 'createUpload':
        return this.#createUpload(json() as NewUpload);
      case 'getUpload':
        return this.#shown(this.#upload(asked));
      case 'putPart':
        return this.#putPart(asked);
      case 'completeUpload':
        return this.#complete(this.#upload(asked));
      case 'finishAttempt': {
        this.#fence(Number(asked.params['id']), Number(asked.params['attempt']));
        const completion = json() as Completion;
        if (completion.outcome === 'done' && this.refuse !== undefined) throw new Problem(this.refuse);
        this.results.set(`${asked.params['id']}-${asked.params['attempt']}`, completion);
        return { accepted: true, state: completion.outcome === 'done' ? 'done' : 'failed' };
      }
      case 'getBlob':
        return this.#blob(asked, response, fate);
      default:
        throw new Problem('not_found');
    }
  }

  async #claim(body: Claim, request: IncomingMessage): Promise<{ lease: Lease | null }> {
    const key = `${body.slot}/${body.nonce}`;
    const before = this.#given.get(key);
    if (before !== undefined) return { lease: before };
    if (this.queue.length === 0 && body.waitSeconds > 0) {
      await new Promise<void>((done) => {
        const waiting = { body, done };
        this.#waiting.push(waiting);
        const end = () => {
          const at = this.#waiting.indexOf(waiting);
          if (at >= 0) this.#waiting.splice(at, 1);
          done();
        };
        setTimeout(end, body.waitSeconds * 1000).unref();
        request.socket.once('close', end);
      });
    }
    if (request.socket.destroyed) return { lease: null };
    const lease = this.queue.shift() ?? null;
    if (lease !== null) {
      this.#given.set(key, lease);
      this.held.set(lease.task, lease.attempt);
    }
    return { lease };
  }

  #lostOf(tasks: Heartbeat['tasks']): { task: number; why: string }[] {
    return tasks
      .filter(({ task, attempt }) => this.lost.has(task) || this.held.get(task) !== attempt)
      .map(({ task }) => ({ task, why: this.lost.get(task) ?? 'not held' }));
  }

  async #watch(body: Body<Routes['watchTasks']>, request: IncomingMessage): Promise<unknown> {
    await new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer);
        request.socket.off('close', end);
        this.#watching.delete(look);
        done();
      };
      const look = () => {
        if (this.#lostOf(body.tasks).length > 0 || this.standing !== body.standing) end();
      };
      const timer = setTimeout(end, body.waitSeconds * 1000).unref();
      this.#watching.add(look);
      request.socket.once('close', end);
      look();
    });
    return { lost: this.#lostOf(body.tasks), standing: this.standing };
  }

  #heartbeat(body: Heartbeat): unknown {
    this.beats.push(body);
    const lost = this.#lostOf(body.tasks);
    const gone = new Set(lost.map(({ task }) => task));
    const held = body.tasks.map(({ task }) => task).filter((task) => !gone.has(task));
    return { held, lost, ...(this.ask === undefined ? {} : { refresh: this.ask }) };
  }

  #fence(task: number, attempt: number): void {
    if (this.held.get(task) !== attempt || this.lost.has(task)) throw new Problem('lease_lost');
  }

  #appendLog({ params, query, body }: Asked): unknown {
    const attempt = Number(params['attempt']);
    this.#fence(Number(params['id']), attempt);
    const key = `${params['id']}-${attempt}/${params['log']}`;
    const log = this.logs.get(key) ?? { bytes: [], size: 0, complete: false, arrived: [] };
    this.logs.set(key, log);
    const offset = Number(query.get('offset'));
    if (offset > log.size) throw new Problem('log_gap', undefined, { size: log.size });
    const fresh = body.subarray(log.size - offset);
    if (log.size + fresh.length > this.logLimit)
      throw new Problem('log_too_large', undefined, { size: log.size });
    if (fresh.length > 0) {
      log.bytes.push(fresh);
      log.size += fresh.length;
      log.arrived.push(performance.now());
    }
    if (query.get('complete') === 'true') log.complete = true;
    return { size: log.size };
  }

  #createUpload(body: NewUpload): unknown {
    if (body.task !== undefined) this.#fence(body.task, body.attempt ?? 0);
    const id = sha256Of(Buffer.from(JSON.stringify([body.task, body.attempt, body.name, body.sha256])));
    const upload = this.uploads.get(id) ?? { ...body, id, parts: new Map<number, Buffer>() };
    this.uploads.set(id, upload);
    return this.#shown(upload);
  }

  #upload({ params }: Asked): StoredUpload {
    const upload = this.uploads.get(params['upload'] ?? '');
    if (upload === undefined) throw new Problem('unknown_upload');
    return upload;
  }

  #shown(upload: StoredUpload): unknown {
    return {
      id: upload.id,
      complete: this.blobs.has(upload.sha256),
      parts: [...upload.parts.keys()],
      partSize,
    };
  }

  #putPart(asked: Asked): unknown {
    const upload = this.#upload(asked);
    const part = Number(asked.params['part']);
    if (sha256Of(asked.body) !== asked.query.get('sha256')) throw new Problem('part_damaged');
    const before = upload.parts.get(part);
    if (before !== undefined && !before.equals(asked.body)) throw new Problem('part_conflict');
    upload.parts.set(part, asked.body);
    return this.#shown(upload);
  }

  #complete(upload: StoredUpload): unknown {
    const parts = [...upload.parts].sort(([a], [b]) => a - b);
    if (parts.length < Math.max(1, Math.ceil(upload.size / partSize))) throw new Problem('upload_incomplete');
    const whole = Buffer.concat(parts.map(([, bytes]) => bytes));
    if (sha256Of(whole) !== upload.sha256) throw new Problem('hash_mismatch');
    this.blobs.set(upload.sha256, whole);
    return { sha256: upload.sha256, size: upload.size, name: upload.name };
  }

  #blob({ params, request }: Asked, response: ServerResponse, fate: Fate): undefined {
    const bytes = this.blobs.get(params['sha256'] ?? '');
    if (bytes === undefined) throw new Problem('unknown_blob');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'content-length': bytes.length - from };
    if (from > 0) {
      const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
      response.writeHead(206, { ...headers, 'content-range': range });
    } else response.writeHead(200, headers);
    if (fate === 'after') {
      // Cut in the middle of the body.
      const half = from + Math.ceil((bytes.length - from) / 2);
      response.write(bytes.subarray(from, half), () => setTimeout(() => request.socket.destroy(), 5));
    } else response.end(bytes.subarray(from));
    return undefined;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function send(response: ServerResponse, status: number, value: unknown): void {
  const type = status === 200 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
}
