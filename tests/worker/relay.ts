/**
 * The network between a worker and its hub, which a test may cut, and which may say another time than the hub does.
 *
 * Invariant: while it is cut nothing passes in either direction and nobody is told: connections break, new ones are
 * refused. Otherwise it passes on what it gets as it comes, and takes a request back where its sender has gone.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mainFile } from '../harness/bundled.ts';
import { Program } from '../harness/program.ts';
import { copyTree, type System } from '../harness/system.ts';
import { warmed } from '../harness/warmth.ts';

export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #hub: string;
  #cut = false;
  /** How far the clock that it shows is ahead of the hub's, in milliseconds. */
  clockAhead = 0;

  private constructor(server: Server, hub: string) {
    this.#server = server;
    this.#hub = hub;
    server.on('connection', (socket) => {
      if (this.#cut) socket.destroy();
    });
    server.on('request', (asked, answer) => this.#pass(asked, answer));
  }

  static async to(hub: string): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new Relay(server, hub);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#cut = true;
    this.#server.closeAllConnections();
  }

  mend(): void {
    this.#cut = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url = '/' } = asked;
    const onwards = request(new URL(url, this.#hub), { method, headers, agent: false }, (reply) => {
      const date = new Date(Date.now() + this.clockAhead).toUTCString();
      answer.writeHead(reply.statusCode ?? 502, { ...reply.headers, date });
      reply.on('error', () => answer.destroy());
      reply.pipe(answer);
    });
    onwards.on('error', () => answer.destroy());
    answer.on('close', () => onwards.destroy());
    asked.on('error', () => onwards.destroy());
    asked.pipe(onwards);
  }
}

/** Starts a worker of a system that knows the hub only by this address; env as for any other. */
export async function startBehind(
  url: string,
  system: System,
  name: string,
  env: Record<string, string> = {},
): Promise<Program> {
  copyTree(join(await warmed(), 'driver'), join(system.home(name), 'driver'), ['--link']);
  const args = ['worker', '--home', system.home(name), '--name', name, '--hub', url];
  const more = ['--driver', 'native', '--slots', '2', '--arches', 'x86_64'];
  const token = readFileSync(join(system.home('hub'), 'enrol.token'), 'utf8').trim();
  const whole = system.env({ MOROMI_WORKER_ENROL_TOKEN: token, ...env });
  const worker = new Program(name, [process.execPath, mainFile(), ...args, ...more], whole, system.dir);
  system.workers.set(name, worker);
  await worker.says(/ slots for /);
  return worker;
}
