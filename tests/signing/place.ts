/**
 * A signer's machine, as far as one machine can be two: another user, with files that nobody else can read, in a network
 * namespace from which only the hub can be reached.
 *
 * Invariant: nothing of it outlives the system that it is for; its folder is in that system's.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mainFile } from '../harness/bundled.ts';
import { Program } from '../harness/program.ts';
import type { System } from '../harness/system.ts';

const run = promisify(execFile);
/** Nobody's on any machine. */
const user = 64_321;

export class SignerPlace implements AsyncDisposable {
  readonly home: string;
  readonly #system: System;
  readonly #relay: Server;
  readonly #connections = new Set<Socket>();
  readonly #started: Program[] = [];

  private constructor(system: System, home: string, relay: Server) {
    this.#system = system;
    this.home = home;
    this.#relay = relay;
  }

  static async make(system: System, name = 'signer', rules = everything): Promise<SignerPlace> {
    const home = system.home(name);
    await mkdir(home, { mode: 0o700 });
    await chown(home, user, user);
    const relay = createServer((outer) => {
      const hub = connect(system.port, '127.0.0.1');
      outer.pipe(hub).pipe(outer);
      outer.on('error', () => hub.destroy());
      hub.on('error', () => outer.destroy());
    });
    const place = new SignerPlace(system, home, relay);
    relay.on('connection', (one) => {
      place.#connections.add(one);
      one.on('close', () => place.#connections.delete(one));
    });
    await new Promise<void>((done) => relay.listen(place.#socket, done));
    await chmod(place.#socket, 0o666);
    await place.writeRules(rules);
    return place;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#connections) one.destroy();
    await new Promise<void>((done) => this.#relay.close(() => done()));
  }

  /** Ends at once what still runs. */
  async stopAll(): Promise<void> {
    for (const one of this.#started.splice(0)) if (one.ending === undefined) await one.kill();
  }

  async writeRules(rules: string): Promise<void> {
    const path = `${this.home}.rules.toml`;
    await writeFile(path, rules);
  }

  get #socket(): string {
    return `${this.home}.sock`;
  }

  env(more: Record<string, string> = {}): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.home,
      MOROMI_SIGNER_HOME: this.home,
      MOROMI_SIGNER_RULES: `${this.home}.rules.toml`,
      MOROMI_WORKER_ENROL_TOKEN: readFileSync(join(this.#system.home('hub'), 'enrol.token'), 'utf8').trim(),
      ...more,
    };
  }

  /** A command of that user in that namespace. */
  inside(command: readonly string[]): string[] {
    // Nothing stays in between, so what is sent to this process comes to the inner one.
    const namespace = ['unshare', '--net', '--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    const asUser = ['setpriv', '--reuid', String(user), '--regid', String(user), '--clear-groups'];
    const inner = [
      process.execPath,
      join(import.meta.dirname, 'inside.ts'),
      this.#socket,
      String(this.#system.port),
    ];
    return [...namespace, ...asUser, '--', ...inner, ...command];
  }

  /** `moromi signer …`, as that user. */
  async signer(...args: string[]): Promise<string> {
    const [file = '', ...rest] = this.inside([process.execPath, mainFile(), 'signer', ...args]);
    return (await run(file, rest, { env: this.env() })).stdout;
  }

  /** The worker that signs; it has told what it offers. */
  async start(env: Record<string, string> = {}): Promise<Program> {
    const worker = await this.launch(env);
    await worker.says(/ slots for sign/);
    return worker;
  }

  async launch(env: Record<string, string> = {}): Promise<Program> {
    const args = [
      'worker',
      '--home',
      join(this.home, 'worker'),
      '--name',
      'signer',
      '--hub',
      this.#system.url,
    ];
    const command = this.inside([
      process.execPath,
      mainFile(),
      ...args,
      '--kinds',
      'sign',
      '--log-level',
      'debug',
    ]);
    const program = new Program('signer', command, this.env(env), this.#system.dir);
    this.#started.push(program);
    return program;
  }
}

export const everything = `
[[allow]]
name = "everything of el9"
keys = ["release"]
tags = ["el9"]
packages = ["*"]

[[allow]]
name = "metadata"
keys = ["release"]
files = ["*repomd.xml*", "CHECKSUM"]
`;
