/**
 * The crash matrix of publishing and signing: for each named point that the hub or the signer passes from the moment at
 * which a finished build is tagged until a repository ships it, that process is killed there and started again. Then the
 * build is signed exactly once by the key, what is shipped shows it whole and sealed, and the signer's journal is whole.
 *
 * Invariant: building is over before a point is armed, so the passes that are killed are those of publishing and
 * signing; what every task passes (claims, heartbeats, logs) is left to the other matrices. A point whose passes are of different things, as the ends of tasks are, is killed at its first passes one by
 * one. A point at which nothing was killed fails the test.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { BuildDetail } from '../../packages/contract/src/index.ts';
import { readRepomd } from '../../packages/repodata/src/index.ts';
import { Chain } from '../../packages/worker/src/signer/chain.ts';
import { mainFile } from '../harness/bundled.ts';
import { Program } from '../harness/program.ts';
import { checkPromises } from '../harness/promises.ts';
import { System } from '../harness/system.ts';
import { envOf, fresh, passesIn } from './matrix.ts';

type Role = 'hub' | 'signer';

/** Longer than any sweep that passes a point. */
const graceMs = 25_000;
/** Of these the second and the third pass are other tasks: of the other repository, of packages and of seals. */
const several =
  /^ledger\.tasks\.finish\.|^press\.revision:|^blobs\.rename:|^signing\.examine:|^worker\.result:/;
/** What the way of any task passes, and what is done by the clock. */
const elsewhere =
  /^(send|receive)\.(?!finishAttempt|getBlob)|^worker\.(running|logs)|^ledger\.(number|logs|uploads|workers|tasks\.(heartbeat|waiting|sweep|lift|release))/;
const rules = `
[[allow]]
name = "all"
keys = ["release"]
tags = ["prod"]
packages = ["*"]
files = ["*repomd.xml"]
`;

export class SigningMatrix {
  readonly #system: System;
  readonly #role: Role;
  #signer: Program | undefined;
  #count = 0;
  /** The point that the process which runs now waits for. */
  #armed: string | undefined;
  points: readonly string[] = [];

  private constructor(system: System, role: Role) {
    this.#system = system;
    this.#role = role;
  }

  static async record(role: Role): Promise<SigningMatrix> {
    const system = await System.start();
    try {
      const matrix = new SigningMatrix(system, role);
      await matrix.#prepare();
      const build = await matrix.#built();
      const file = join(system.dir, 'points');
      await writeFile(file, '');
      await matrix.#restart({ RECORD: file });
      // One round of each sweep that comes every second.
      await delay(1500);
      await writeFile(file, '');
      await matrix.#ship(build);
      matrix.points = pointsOf(await passesIn(file));
      await matrix.#check(build);
      return matrix;
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#system.stop();
  }

  async killAt(point: string): Promise<void> {
    const done = this.#done(point);
    // The point before this one has armed it, unless it failed or was left out.
    if (this.#armed !== point) await this.#arm(point);
    // Twice: what depends on the moment, such as a heartbeat, need not come each time.
    for (let tries = 1; tries <= 2; tries++) {
      const build = await this.#built();
      await rm(done, { force: true });
      const died = this.#death();
      const shipped = this.#ship(build);
      shipped.catch(() => {});
      const late = shipped.then(() => delay(graceMs)).then(() => false);
      late.catch(() => {});
      if (!(await Promise.race([died, late]))) {
        await writeFile(done, 'not yet');
        continue;
      }
      expect(await readFile(done, 'utf8')).toBe(point.split('#')[0]);
      this.#armed = undefined;
      const next = this.points[this.points.indexOf(point) + 1];
      await (next === undefined ? this.#restart({}) : this.#arm(next));
      await shipped;
      await this.#check(build);
      return;
    }
    throw new Error(`${point} was not passed again\n${this.#system.explain()}`);
  }

  /** Starts the process so that it will be killed there, but not before `done` is taken away. */
  async #arm(point: string): Promise<void> {
    const done = this.#done(point);
    await writeFile(done, 'not yet');
    await this.#restart({ KILL: point, DONE: done });
    this.#armed = point;
  }

  #done(point: string): string {
    return join(this.#system.dir, `done-${point}`);
  }

  /** A key, a tag that wants it, and a repository that ships the tag's packages and is sealed by it. */
  async #prepare(): Promise<void> {
    const system = this.#system;
    await mkdir(this.#home, { mode: 0o700 });
    await writeFile(this.#env['MOROMI_SIGNER_RULES'] ?? '', rules);
    const { out } = await system.cli(['signer', 'make-key', 'release', '--type', 'ed25519'], this.#env);
    const fingerprint = /Made release: ([0-9a-f]{40})/.exec(out)?.[1] ?? '';
    await this.#startSigner({});
    const { client } = system;
    await client.call('addKey', { body: { name: 'release', fingerprint } });
    await client.call('createTag', { body: { name: 'prod', settings: { arches: ['x86_64', 'i686'] } } });
    await client.call('setTagKey', { params: { name: 'prod' }, body: { key: 'release' } });
    const definition = {
      arches: ['x86_64'],
      debug: false,
      source: false,
      keys: ['release'],
      repoKey: 'release',
    };
    await client.call('createDist', { body: { name: 'prod', tag: 'prod', definition } });
    await this.#system.until('the first sealed revision', async () => (await this.#shown()) ?? undefined);
  }

  get #home(): string {
    return this.#system.home('signer');
  }

  get #env(): Record<string, string> {
    const token = join(this.#system.home('hub'), 'enrol.token');
    return {
      MOROMI_SIGNER_HOME: this.#home,
      MOROMI_SIGNER_RULES: `${this.#home}.rules.toml`,
      MOROMI_WORKER_ENROL_TOKEN_FILE: token,
    };
  }

  async #startSigner(faults: Record<string, string>): Promise<void> {
    const system = this.#system;
    const args = ['worker', '--home', join(this.#home, 'worker'), '--name', 'signer', '--hub', system.url];
    this.#signer = new Program(
      'signer',
      [process.execPath, mainFile(), ...args, '--kinds', 'sign', '--log-level', 'debug'],
      system.env({ ...this.#env, ...envOf(faults) }),
      system.dir,
    );
    await this.#signer.says(/ slots for sign/);
  }

  async #restart(faults: Record<string, string>): Promise<void> {
    if (this.#role === 'hub') {
      await this.#system.killHub();
      await this.#system.startHub(envOf(faults));
    } else {
      await this.#signer?.kill();
      await this.#startSigner(faults);
    }
  }

  async #death(): Promise<boolean> {
    const ending = await (this.#role === 'hub' ? this.#system.hub : this.#signer)?.ended;
    expect(ending, this.#system.explain()).toEqual({ code: null, signal: 'SIGKILL' });
    return true;
  }

  /** A build that is over, and in the repository of its own tag. */
  async #built(): Promise<BuildDetail> {
    this.#count += 1;
    const { id } = await this.#system.submit(fresh(this.#system, this.#count), { arches: ['x86_64'] });
    return await this.#system.published(id);
  }

  /** Tags it, until the repository that is shipped shows it. */
  async #ship(build: BuildDetail): Promise<void> {
    const { client } = this.#system;
    await client.call('tagBuilds', { params: { name: 'prod' }, body: { builds: [String(build.id)] } });
    await this.#system.until(`build ${build.id} is shipped`, async () => {
      const found = await this.#shown(build.rpms[0]?.name).catch(() => undefined);
      return found;
    });
  }

  /** What is shown of a repository: everything, or one package. Undefined where it is not there, or no hub is. */
  async #shown(name?: string): Promise<Buffer | undefined> {
    const path = name === undefined ? 'repodata/repomd.xml' : `Packages/${name[0]}/${name}`;
    return await this.#get(`dist/prod/latest/x86_64/os/${path}`);
  }

  async #get(path: string): Promise<Buffer | undefined> {
    const reply = await fetch(`${this.#system.url}/${path}`);
    return reply.ok ? Buffer.from(await reply.arrayBuffer()) : undefined;
  }

  async #check(build: BuildDetail): Promise<void> {
    const system = this.#system;
    const params = { build: String(build.id) };
    const { state, items } = await system.client.call('getBuildSigning', { params });
    expect({ state, signed: items.length }).toEqual({ state: 'signed', signed: 2 });
    const events = await system.sql(`SELECT FROM events WHERE type = 'build.signed' AND build_id = $1`, [
      build.id,
    ]);
    expect(events).toHaveLength(1);
    const [rpm] = build.rpms;
    const signed = items.find((one) => one.name === rpm?.name)?.signed;
    const file = await this.#shown(rpm?.name);
    expect({ size: file?.length, sha256: hashOf(file) }).toEqual({
      size: signed?.size,
      sha256: signed?.sha256,
    });
    await this.#checkTree('dist/prod/latest/x86_64/os', true);
    await system.until('the tag’s own repository has it', () =>
      this.#get(`repos/prod/latest/x86_64/Packages/${rpm?.name}`).catch(() => undefined),
    );
    await this.#checkTree('repos/prod/latest/x86_64', false);
    expect(await new Chain(join(this.#home, 'journal')).verify()).toHaveProperty('lines');
    await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  }

  /** Every file that repomd.xml names is there with its hash. */
  async #checkTree(tree: string, sealed: boolean): Promise<void> {
    const repomd = await this.#get(`${tree}/repodata/repomd.xml`);
    expect((await this.#get(`${tree}/repodata/repomd.xml.asc`)) !== undefined).toBe(sealed);
    const { records } = readRepomd(repomd ?? Buffer.alloc(0));
    expect(records.length).toBeGreaterThanOrEqual(3);
    for (const { href, checksum } of records)
      expect(hashOf(await this.#get(`${tree}/${href}`)), href).toBe(checksum);
  }
}

function hashOf(bytes: Buffer | undefined): string | undefined {
  return bytes && createHash('sha256').update(bytes).digest('hex');
}

/** Each point once, and those of several things with their second and third pass. */
function pointsOf(passes: readonly string[]): string[] {
  const found: string[] = [];
  for (const [name, all] of Map.groupBy(passes, (one) => one)) {
    if (elsewhere.test(name)) continue;
    found.push(name);
    if (several.test(name))
      for (let pass = 2; pass <= Math.min(3, all.length); pass++) found.push(`${name}#${pass}`);
  }
  return found;
}
