/**
 * The private PostgreSQL of a hub that was given no database.
 *
 * Invariant: one server per home. A server that a killed hub left behind is found by its postmaster.pid and used; a
 * server that dies under a living hub is started again. It listens on a socket in a folder of its own only, runs as
 * an unprivileged user where the hub is root, and writes durably (fsync and synchronous_commit stay on).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { provide } from './binaries.ts';
import { exists, syncFolder, writeWhole } from './files.ts';
import { log } from './log.ts';

/** The major version that new homes get; an older home keeps its own. */
const major = '18';
const nobody = 65534;
const startLimitMs = 60_000;

export interface PostgresOptions {
  home: string;
  pgBinaries?: string;
}

/** How to connect. */
export interface Access {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

export class Postgres {
  readonly #root: string;
  readonly #options: PostgresOptions;
  readonly #user: { uid: number; gid: number } | undefined;
  #socketDir = '';
  #password = '';
  #child: ChildProcess | undefined;
  #stopping = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: PostgresOptions) {
    this.#options = options;
    this.#root = join(options.home, 'pg', major);
    this.#user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
  }

  /** Starts the server or finds the one that runs. @returns how to connect */
  async start(): Promise<Access> {
    await this.#refuseOtherMajor();
    await mkdir(this.#root, { recursive: true, mode: 0o755 });
    await provide(join(this.#root, 'dist'), this.#options.pgBinaries);
    if (!(await exists(join(this.#root, 'data/PG_VERSION')))) await this.#initdb();
    this.#password = (await readFile(join(this.#root, 'password'), 'utf8')).trim();
    this.#socketDir = await this.#makeSocketDir();
    if ((await this.pid()) === undefined) await this.#launch();
    else log('info', 'found the PostgreSQL that an earlier hub left running', { pid: await this.pid() });
    await this.#ready();
    this.#watch = setInterval(() => void this.#revive(), 250);
    return this.#access();
  }

  /** Ends the server in its quick and clean way and waits until it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#watch);
    const pid = await this.pid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGINT');
    const end = performance.now() + 20_000;
    while ((await this.pid()) !== undefined) {
      if (performance.now() > end) throw new Error(`PostgreSQL ${pid} does not stop`);
      await delay(20);
    }
  }

  /** Process id of the running server of this home, if it runs. */
  async pid(): Promise<number | undefined> {
    try {
      const pid = Number((await readFile(join(this.#root, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
      // A pid may have gone to another program since; the program and the data folder must both be ours.
      if (basename(await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '') !== 'postgres')
        return undefined;
      if ((await readlink(`/proc/${pid}/cwd`)) !== join(this.#root, 'data')) return undefined;
      return pid;
    } catch {
      return undefined;
    }
  }

  async #refuseOtherMajor(): Promise<void> {
    const folder = join(this.#options.home, 'pg');
    const others = (await exists(folder))
      ? (await readdir(folder)).filter((name) => /^\d+$/.test(name) && name !== major)
      : [];
    if (others.length > 0)
      throw new Error(
        `${folder} holds the data of PostgreSQL ${others.join(', ')}; this version needs ${major}: migrate it first (docs/administrator.md)`,
      );
  }

  async #initdb(): Promise<void> {
    const data = join(this.#root, 'data');
    const aside = `${data}.new`;
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { mode: 0o700 });
    const passwordFile = join(this.#root, 'password.init');
    const password = randomBytes(24).toString('base64url');
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (this.#user !== undefined) {
      await chown(aside, this.#user.uid, this.#user.gid);
      await chown(passwordFile, this.#user.uid, this.#user.gid);
    }
    await this.#run('initdb', [
      '-D',
      aside,
      '--encoding=UTF8',
      '--locale=C',
      '--username=moromi',
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
    ]);
    await rm(passwordFile);
    // The password is durable before the data folder can be seen under its name.
    await writeWhole(join(this.#root, 'password'), password);
    await rename(aside, data);
    await syncFolder(this.#root);
  }

  async #makeSocketDir(): Promise<string> {
    // A socket's path may have 107 bytes.
    const near = join(this.#root, 'run');
    const dir =
      near.length < 80
        ? near
        : join('/tmp', `moromi-pg-${createHash('sha256').update(this.#root).digest('hex').slice(0, 16)}`);
    await mkdir(dir, { recursive: true });
    if (this.#user !== undefined) await chown(dir, this.#user.uid, this.#user.gid);
    await chmod(dir, 0o700);
    return dir;
  }

  async #launch(): Promise<void> {
    const out = await open(join(this.#root, 'postgres.log'), 'a', 0o600);
    try {
      const settings = {
        listen_addresses: '',
        unix_socket_directories: this.#socketDir,
        max_connections: '200',
        log_timezone: 'UTC',
        timezone: 'UTC',
      };
      const args = [
        '-D',
        join(this.#root, 'data'),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ];
      this.#child = spawn(join(this.#root, 'dist/bin/postgres'), args, {
        ...this.#user,
        stdio: ['ignore', out.fd, out.fd],
        detached: true,
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      });
      this.#child.on('error', (error) =>
        log('error', 'PostgreSQL cannot be started', { error: error.message }),
      );
      this.#child.unref();
    } finally {
      await out.close();
    }
  }

  async #revive(): Promise<void> {
    if (this.#stopping || (await this.pid()) !== undefined) return;
    if (this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) return;
    if (this.#stopping) return;
    log('warn', 'PostgreSQL is gone; starting it again');
    await this.#launch();
  }

  /**
   * A socket that connects is not enough: a server that recovers accepts and refuses. One that is started right after
   * another was killed may end at once, because what that one left still holds its shared memory: it is started again.
   */
  async #ready(): Promise<void> {
    const end = performance.now() + startLimitMs;
    for (;;) {
      const client = new pg.Client(this.#access());
      client.on('error', () => {});
      try {
        await client.connect();
        await client.query('SELECT 1');
        return;
      } catch (error) {
        if (performance.now() > end) {
          throw new Error(`PostgreSQL does not come up; see ${join(this.#root, 'postgres.log')}`, {
            cause: error,
          });
        }
      } finally {
        await client.end().catch(() => {});
      }
      await delay(20);
      await this.#revive();
    }
  }

  #access(): Access {
    return {
      host: this.#socketDir,
      port: 5432,
      user: 'moromi',
      password: this.#password,
      database: 'postgres',
    };
  }

  async #run(program: string, args: string[]): Promise<void> {
    const child = spawn(join(this.#root, 'dist/bin', program), args, {
      ...this.#user,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    });
    let output = '';
    const keep = (data: Buffer): void => {
      output = (output + data.toString()).slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw new Error(`${program} failed (${code}): ${output}`);
  }
}
