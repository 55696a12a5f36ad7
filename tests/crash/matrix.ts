/**
 * The crash matrix: for each named point that a process passes on the way of one source package, that process is killed
 * there, started again, and the build must be complete and published exactly once.
 *
 * Invariant: a kill happens at the first pass after the build was submitted; a point that is passed at a start only
 * kills the start. A point at which nothing was killed fails the test.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { BuildDetail } from '../../packages/contract/src/index.ts';
import { checkPromises } from '../harness/promises.ts';
import { makeSpec, packSpec, usualBody } from '../harness/specs.ts';
import { System } from '../harness/system.ts';

/** Which process is killed. */
export type Role = 'hub' | 'worker';

/**
 * The hub passes it where a beat names a task that has ended since, which no build can be made to do: by chance on a slow
 * machine. What it does then is in packages/hub/src/tasks/leases.story.test.ts.
 */
const byChance = /^ledger\.tasks\.heartbeat:/;

/** Longer than any sweep of the hub's that passes a point: logs are sealed every 5 s. */
const graceMs = 12_000;

export class Matrix {
  readonly #system: System;
  readonly #role: Role;
  readonly #onTheWay: ReadonlySet<string>;
  readonly points: readonly string[];
  #count = 0;
  /** The point that the process which runs now waits for. */
  #armed: string | undefined;

  private constructor(system: System, role: Role, atStart: readonly string[], onTheWay: readonly string[]) {
    this.#system = system;
    this.#role = role;
    this.#onTheWay = new Set(onTheWay);
    this.points = [...new Set([...onTheWay, ...atStart])].filter((point) => !byChance.test(point));
  }

  /** Records the points of one package's way. */
  static async record(role: Role): Promise<Matrix> {
    const system = await System.start({ worker: false });
    try {
      const file = join(system.dir, 'points');
      await writeFile(file, '');
      if (role !== 'worker') await system.startWorker();
      await restart(system, role, { RECORD: file });
      // The hub's own worker comes when it is ready; then one round of each sweep that comes every second.
      await system.until('the hub has begun', async () =>
        role === 'worker' || (await lines(file)).includes('ledger.workers.offer:after') ? true : undefined,
      );
      await delay(1500);
      const atStart = await lines(file);
      await writeFile(file, '');
      const build = await system.submit(fresh(system, 0));
      await system.published(build.id);
      await sealed(system);
      return new Matrix(system, role, atStart, await lines(file));
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  async killAt(point: string): Promise<void> {
    const index = this.points.indexOf(point);
    const done = this.#done(index);
    // The point before this one has armed it, unless it failed or was left out.
    if (this.#onTheWay.has(point) && this.#armed !== point) await this.#arm(point);
    await rm(done, { force: true });
    const way = this.#onTheWay.has(point)
      ? await this.#killOnTheWay(point)
      : await this.#killAtStart({ KILL: point, DONE: done });
    this.#armed = undefined;
    expect(await readFile(done, 'utf8')).toBe(point);
    const next = this.points[index + 1];
    if (next === undefined || !this.#onTheWay.has(next)) await restart(this.#system, this.#role, {});
    else await this.#arm(next);
    await this.#check(await way.published());
  }

  async stop(): Promise<void> {
    await this.#system.stop();
  }

  /** Starts the process so that it will be killed there, but not before `done` is taken away. */
  async #arm(point: string): Promise<void> {
    const done = this.#done(this.points.indexOf(point));
    await writeFile(done, 'not yet');
    await restart(this.#system, this.#role, { KILL: point, DONE: done });
    this.#armed = point;
  }

  #done(index: number): string {
    return join(this.#system.dir, `done-${index}`);
  }

  async #death(): Promise<boolean> {
    const { hub, workers } = this.#system;
    const ending = await (this.#role === 'hub' ? hub : workers.get('builder'))?.ended;
    expect(ending, this.#system.explain()).toEqual({ code: null, signal: 'SIGKILL' });
    return true;
  }

  /** @returns the build that was on its way */
  async #killOnTheWay(point: string): Promise<{ published: () => Promise<BuildDetail> }> {
    const died = this.#death();
    // Again: what depends on the moment need not come in every build, and a heartbeat comes in those that take longer.
    for (const seconds of [0, 0, 25]) {
      const build = this.#build(seconds);
      // Some are passed after the build was published only.
      const late = build.then(() => delay(graceMs)).then(() => false);
      if (await Promise.race([died, late])) return { published: () => build };
    }
    throw new Error(`${point} was not passed again\n${this.#system.explain()}`);
  }

  async #killAtStart(faults: Record<string, string>): Promise<{ published: () => Promise<BuildDetail> }> {
    const system = this.#system;
    await stopRole(system, this.#role);
    if (this.#role === 'worker') {
      // Its first start is the one that enrols; without its token any start is.
      await rm(join(system.home('builder'), 'token'), { force: true });
      const worker = await system.launchWorker({ env: envOf(faults) });
      await worker.ends();
    } else {
      const hub = await system.launchHub(envOf(faults));
      await hub.ends();
    }
    return { published: () => this.#build() };
  }

  #build(seconds = 0): Promise<BuildDetail> {
    const system = this.#system;
    this.#count += 1;
    const build = system
      .submit(fresh(system, this.#count, seconds))
      .then(({ id }) => system.published(id, 120_000));
    build.catch(() => {});
    return build;
  }

  async #check(build: BuildDetail): Promise<void> {
    const system = this.#system;
    const types = system.feed.of(build.id).map((event) => event.type);
    const count = (type: string): number => types.filter((one) => one === type).length;
    expect({
      complete: count('build.complete'),
      published: count('build.published'),
      done: count('task.done'),
    }).toEqual({
      complete: 1,
      published: 1,
      done: 2,
    });
    const [rpm] = build.rpms;
    expect(build.rpms).toHaveLength(1);
    const file = await fetch(`${system.url}/repos/el9/latest/i686/Packages/${rpm?.name}`);
    expect(file.status).toBe(200);
    expect((await file.arrayBuffer()).byteLength).toBe(rpm?.size);
    await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  }
}

/**
 * A source package that nobody has seen before, so that each build passes all points of its way.
 * @param seconds that it waits in %prep
 */
export function fresh(system: System, count: number, seconds = 0): string {
  const body = `%prep\nsleep ${seconds}\n${usualBody}`;
  return packSpec(makeSpec(system.dir, 'crash', { version: String(count), body }), join(system.dir, 'srpms'));
}

export function envOf(faults: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).map(([name, value]) => [`MOROMI_FAULT_${name}`, value]));
}

async function stopRole(system: System, role: Role): Promise<void> {
  if (role === 'worker') await system.workers.get('builder')?.kill();
  else await system.killHub();
}

async function restart(system: System, role: Role, faults: Record<string, string>): Promise<void> {
  await stopRole(system, role);
  if (role === 'worker') await system.startWorker({ env: envOf(faults) });
  else await system.startHub(envOf(faults));
}

async function lines(file: string): Promise<string[]> {
  return [...new Set(await passesIn(file))];
}

/** Names of points in the order in which they were passed. */
export async function passesIn(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}

/** Until the hub has sealed the logs of what ended; no event tells of it. */
async function sealed(system: System): Promise<void> {
  const end = performance.now() + graceMs;
  for (;;) {
    const [row] = await system.sql<{ open: number }>(
      'SELECT count(*)::int AS open FROM logs WHERE sealed IS NULL',
    );
    if (row?.open === 0 || performance.now() > end) return;
    await delay(100);
  }
}
