/**
 * A hub and its workers as real processes, for one test file.
 *
 * Invariant: nothing of a system outlives it. Its folder is told to the keeper before anything is started in it, and
 * everything that it starts lives in that folder or names it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import {
  type Build,
  type BuildDetail,
  type BuildOptions,
  Client,
  type EventEnvelope,
  type NewTag,
} from '../../packages/contract/src/index.ts';
import { mainFile } from './bundled.ts';
import { Feed } from './feed.ts';
import { keep, letGo } from './keeper.ts';
import { takePort } from './ports.ts';
import { type Ending, Program } from './program.ts';
import { submit } from './submit.ts';
import { sweep } from './sweep.ts';
import { warmed } from './warmth.ts';

export const repository = join(import.meta.dirname, '..', '..');

type Env = Record<string, string>;

export interface SystemWish {
  /** Starts from nothing: `initdb`, no tag, no layers. Otherwise from what an earlier system of the run left. */
  cold?: boolean;
  /** Starts one worker; `true` unless told. */
  worker?: boolean;
}

export interface WorkerWish {
  name?: string;
  /** The same as the name's unless told. */
  home?: string;
  slots?: number;
  arches?: string;
  env?: Env;
}

export class System {
  readonly dir: string;
  readonly port: number;
  readonly feed: Feed;
  hub: Program | undefined;
  readonly workers = new Map<string, Program>();
  readonly #ended: Program[] = [];
  readonly #giveBackPort: () => void;

  private constructor(dir: string, port: number, giveBackPort: () => void) {
    this.dir = dir;
    this.port = port;
    this.#giveBackPort = giveBackPort;
    this.feed = new Feed(
      () => this.url,
      () => this.token,
    );
  }

  static async start(wish: SystemWish = {}): Promise<System> {
    const base = wish.cold === true ? undefined : await warmed();
    const system = await System.prepare();
    try {
      if (base !== undefined) copyTree(join(base, 'hub'), system.home('hub'), []);
      await system.startHub();
      if (wish.worker !== false) await system.startWorker(wish.cold === true ? { home: 'cold' } : {});
      return system;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  /** A system in which nothing runs yet. */
  static async prepare(): Promise<System> {
    const { port, giveBack } = await takePort();
    const dir = await mkdtemp('/var/tmp/moromi-system-');
    keep(dir);
    // PostgreSQL and builds run as other users, so every folder on the way must let them through.
    await chmod(dir, 0o755);
    return new System(dir, port, giveBack);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Ends everything at once and removes it. */
  async stop(): Promise<void> {
    this.feed.close();
    await sweep(this.dir);
    letGo(this.dir);
    this.#giveBackPort();
  }

  // addresses

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get token(): string {
    try {
      return readFileSync(join(this.home('hub'), 'admin.token'), 'utf8').trim();
    } catch {
      return '';
    }
  }

  home(name: string): string {
    return join(this.dir, name);
  }

  get client(): Client {
    return new Client({ hub: this.url, token: this.token, patienceSeconds: 30 });
  }

  env(more: Env = {}): Env {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.dir,
      MOROMI_HUB_HOME: this.home('hub'),
      // Hundreds of starts a run, and each takes half the time with it.
      NODE_COMPILE_CACHE: join(inject('runFolder'), 'compiled'),
      ...more,
    };
  }

  // processes

  async startHub(env: Env = {}): Promise<Program> {
    const hub = await this.launchHub(env);
    await hub.says(/the hub listens/);
    return hub;
  }

  /** Without waiting until it listens. */
  async launchHub(env: Env = {}): Promise<Program> {
    if (this.hub !== undefined) this.#ended.push(this.hub);
    await mkdir(this.home('hub'), { recursive: true });
    const args = [
      'hub',
      '--home',
      this.home('hub'),
      '--listen',
      `127.0.0.1:${this.port}`,
      '--log-level',
      'debug',
    ];
    this.hub = new Program('hub', [process.execPath, mainFile(), ...args], this.env(env), this.dir);
    return this.hub;
  }

  async startWorker(wish: WorkerWish = {}): Promise<Program> {
    const worker = await this.launchWorker(wish);
    await worker.says(/ slots for /);
    return worker;
  }

  async launchWorker({
    name = 'builder',
    home = name,
    slots = 2,
    arches,
    env = {},
  }: WorkerWish = {}): Promise<Program> {
    const before = this.workers.get(name);
    if (before !== undefined) this.#ended.push(before);
    if (!existsSync(this.home(home)) && home !== 'cold') {
      copyTree(join(await warmed(), 'driver'), join(this.home(home), 'driver'), ['--link']);
    }
    const args = ['worker', '--home', this.home(home), '--name', name, '--hub', this.url];
    args.push('--driver', 'native', '--slots', String(slots));
    // By their names: on some machines one of them is emulated.
    args.push('--arches', arches ?? 'x86_64,i686');
    const program = new Program(name, [process.execPath, mainFile(), ...args], this.env(env), this.dir);
    this.workers.set(name, program);
    return program;
  }

  worker(name = 'builder'): Program {
    const found = this.workers.get(name);
    if (found === undefined) throw new Error(`there is no worker ${name}`);
    return found;
  }

  /** `moromi VERB …`, to its end. */
  async cli(args: readonly string[], env: Env = {}): Promise<Ending & { out: string }> {
    const program = new Program(
      `moromi ${args[0]}`,
      [process.execPath, mainFile(), ...args],
      this.env(env),
      this.dir,
    );
    await program.ends(90_000);
    return { ...(program.ending as Ending), out: program.said };
  }

  /** Ends the hub as a power cut would; its PostgreSQL goes on. */
  async killHub(): Promise<void> {
    await this.hub?.kill();
  }

  postgresPid(): number {
    const file = join(this.home('hub'), 'pg', '18', 'data', 'postmaster.pid');
    return Number(readFileSync(file, 'utf8').split('\n')[0]);
  }

  // the ledger

  connection(): pg.ClientConfig {
    const root = join(this.home('hub'), 'pg', '18');
    const password = readFileSync(join(root, 'password'), 'utf8').trim();
    return { host: join(root, 'run'), port: 5432, user: 'moromi', password, database: 'postgres' };
  }

  /** Runs one statement on the ledger, past the hub. */
  async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.connection());
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Moves the ledger's clock on. */
  async passTime(seconds: number): Promise<void> {
    await this.sql('UPDATE clock SET shift = shift + make_interval(secs => $1)', [seconds]);
  }

  // builds

  /** A tag and a target of that name. */
  async addTarget(name: string, settings: NonNullable<NewTag['settings']> = {}): Promise<void> {
    const usual: NewTag['settings'] = {
      arches: ['x86_64', 'i686'],
      macros: { dist: '.el9', vendor: 'Moromi tests' },
      externalRepos: [{ name: 'base', url: this.externalUrl(), priority: 50 }],
      timeoutSeconds: 100,
    };
    await this.client.call('createTag', { body: { name, settings: { ...usual, ...settings } } });
    await this.client.call('createTarget', { body: { name, buildTag: name, destTag: name } });
  }

  /** dnf's address of the small distribution, with `$arch` in it. */
  externalUrl(): string {
    return `file://${inject('runFolder')}/distro/$arch`;
  }

  /** Submits a sample by its name, or any file by its path. */
  async submit(what: string, options: BuildOptions = {}, target = 'el9'): Promise<Build> {
    const path = what.includes('/') ? what : sample(what);
    return await submit(this.client, path, target, options);
  }

  /** Waits for an event of a build. */
  async event(build: number, type: RegExp, ms = 60_000): Promise<EventEnvelope> {
    return await this.feed.until(
      `build ${build}: ${type}`,
      (events) => events.find((one) => one.build === build && type.test(one.type)),
      ms,
      () => this.explain(),
    );
  }

  /** Waits for what no event tells of. */
  async until<T>(what: string, look: () => T | undefined | Promise<T | undefined>, ms = 120_000): Promise<T> {
    const end = performance.now() + ms;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`not within ${ms / 1000} s: ${what}\n${this.explain()}`);
      await delay(20);
    }
  }

  /** Waits until the build is over. */
  async over(build: number, ms = 60_000): Promise<BuildDetail> {
    await this.event(build, /^build\.(complete|failed|canceled)$/, ms);
    return await this.detail(build);
  }

  /** Waits until the build is complete and in the repository of its destination. */
  async published(build: number, ms = 60_000): Promise<BuildDetail> {
    await this.event(build, /^build\.(published|publish-failed|failed|canceled)$/, ms);
    const detail = await this.detail(build);
    if (detail.state !== 'complete' || this.feed.of(build).every((one) => one.type !== 'build.published'))
      throw new Error(`build ${build} was not published: ${JSON.stringify(detail)}\n${this.explain()}`);
    return detail;
  }

  async detail(build: number): Promise<BuildDetail> {
    return await this.client.call('getBuild', { params: { build: String(build) } });
  }

  /** The whole text of a log of a task's attempt. */
  async log(task: number, attempt: number, log: string): Promise<string> {
    const { body } = await this.client.stream('readLog', { params: { id: task, attempt, log }, query: {} });
    return await new Response(body).text();
  }

  /** The ends of what all processes have said. */
  explain(): string {
    const all = [...this.#ended.slice(-3), this.hub, ...this.workers.values()];
    return all.flatMap((one) => (one === undefined ? [] : [one.tail()])).join('\n');
  }
}

export function sample(name: string): string {
  const path = inject('samples')[name];
  if (path === undefined) throw new Error(`there is no sample ${name}`);
  return path;
}

/** Copies a tree as it is; with `--link` its files are shared, for those that are never written in place. */
export function copyTree(from: string, to: string, options: readonly string[]): void {
  mkdirSync(join(to, '..'), { recursive: true });
  const done = spawnSync('cp', ['--archive', ...options, '--', from, to], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`cp failed: ${done.stderr}`);
}
