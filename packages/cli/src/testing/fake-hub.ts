/**
 * A hub for tests of the client: answers from what a test puts in, and breaks when told to.
 *
 * Invariant: it listens on the loopback address, and keeps what it was asked for in order.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventEnvelope, Task, TaskDetail, TaskState, WorkerInfo } from '@moromi/contract';

export type Answer = (request: IncomingMessage, reply: ServerResponse, body: Buffer) => unknown;

export class FakeHub {
  readonly asked: string[] = [];
  /** Bodies in JSON, in the order in which they came. */
  readonly sent: unknown[] = [];
  readonly #routes: { method: string; path: RegExp; answer: Answer }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, reply) => void this.#serve(request, reply));
  }

  static async start(): Promise<FakeHub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FakeHub(server);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What comes back from `answer` is sent as JSON; nothing where it answered itself. */
  on(method: string, path: RegExp, answer: Answer): this {
    this.#routes.unshift({ method, path, answer });
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const path = (request.url ?? '').replace(/^\/api\/v1/, '');
    this.asked.push(`${request.method} ${path}`);
    if (request.headers['content-type'] === 'application/json')
      this.sent.push(JSON.parse(Buffer.concat(parts).toString()));
    const route = this.#routes.find((one) => one.method === request.method && one.path.test(path));
    if (route === undefined) {
      problem(reply, 404, 'not_found');
      return;
    }
    const value = await route.answer(request, reply, Buffer.concat(parts));
    if (value !== undefined) reply.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  }
}

export function problem(reply: ServerResponse, status: number, code: string, detail = code): undefined {
  reply
    .writeHead(status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify({ status, code, detail }));
}

export function aTask(id: number, state: TaskState, more: Partial<Task> = {}): Task {
  return {
    id,
    kind: 'build',
    label: 'hello-2.10-1.src.rpm',
    arch: null,
    state,
    attempt: state === 'free' ? 0 : 1,
    worker: state === 'leased' ? 'builder1' : null,
    owner: 'ann',
    priority: 20,
    channel: 'default',
    weight: 1,
    expected: { seconds: 120, runs: 0 },
    needs: { memoryMb: 0, diskMb: 0, cores: 0, cpuLevel: 0 },
    assigned: null,
    build: 7,
    parent: null,
    waiting: null,
    createdAt: '2026-11-21T10:00:00.000Z',
    startedAt: null,
    endedAt: null,
    failure: null,
    url: `http://hub/api/v1/tasks/${id}`,
    ...more,
  };
}

export function aTaskDetail(id: number, state: TaskState, more: Partial<TaskDetail> = {}): TaskDetail {
  const detail = { attempts: [], answers: [], blockedBy: [], children: [], request: {}, result: null };
  return { ...aTask(id, state), ...detail, ...more };
}

export function aWorker(name: string, more: Partial<WorkerInfo> = {}): WorkerInfo {
  return {
    name,
    offer: {
      arches: ['x86_64'],
      kinds: ['srpm', 'build'],
      slots: 2,
      version: '1.0',
      driver: 'native',
      host: { roots: 'overlay' },
      machine: { cores: 4, memoryMb: 8192, diskMb: 20_480, cpuLevel: 3 },
    },
    state: 'online',
    standing: 'enabled',
    standingReason: null,
    standingBy: null,
    standingAt: null,
    idle: null,
    unfit: null,
    clockAhead: 0.5,
    channels: ['default'],
    excludes: [],
    capacity: 2,
    speed: 1,
    troubles: [],
    enrolledAt: '2026-11-01T10:00:00.000Z',
    lastSeenAt: '2026-11-21T10:00:00.000Z',
    tasks: [],
    ...more,
  };
}

/** `task.leased` of task 34 and the like. */
export function anEvent(
  seq: number,
  type: string,
  subject: string,
  data: Record<string, unknown> = {},
): EventEnvelope {
  return {
    seq,
    type,
    subject,
    version: seq,
    schema: 1,
    actor: 'hub',
    cause: null,
    build: 7,
    time: '2026-11-21T10:00:00.000Z',
    data,
  };
}
