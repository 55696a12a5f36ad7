/** A hub with two workers, and tasks that any of them could do; what is said of one is what is tested. */
import type { Reply, Routes, WorkerStanding } from '@moromi/contract';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { checkPromises } from '../../../../tests/harness/promises.ts';
import { createTask } from '../tasks/create.ts';
import type { NewTask } from '../tasks/queries.ts';
import { Refused } from './call.ts';
import { freshHub, query, type TestHub } from './hub.ts';
import { nothing } from './stage.ts';
import { enrol, type HandWorker } from './worker.ts';

export interface Fleet {
  place: TestHub;
  /** For x86_64 and i686, with 8 GiB. */
  one: HandWorker;
  /** For x86_64, with 16 GiB. */
  two: HandWorker;
  /** Of the tag f1, which is published. */
  tag: number;
  task(more?: Partial<NewTask>): Promise<number>;
  info(id: number): Promise<Reply<Routes['getTask']>>;
  standing(name: string, wanted: WorkerStanding, reason?: string): Promise<Reply<Routes['setStanding']>>;
  /** Ends what an earlier test has left. */
  clear(): Promise<void>;
}

export async function startFleet(): Promise<Fleet> {
  const place = await freshHub();
  const machine = { cores: 4, memoryMb: 8192, diskMb: 50_000, cpuLevel: 3 };
  const one = await enrol(place, 'one', ['x86_64', 'i686'], { machine });
  const two = await enrol(place, 'two', ['x86_64'], { machine: { ...machine, memoryMb: 16_384 } });
  await place.call('createTag', { body: { name: 'f1', settings: { arches: ['x86_64'] } } });
  await one.work(nothing);
  const [found] = await query<{ id: number }>(place.access, `SELECT id FROM tags WHERE name = 'f1'`);
  const tag = found?.id ?? 0;
  const usual = { kind: 'publish', label: 'f1', arch: null, owner: 'ann', priority: 20 } as const;
  const rest = { build: null, parent: null, request: { tag, change: 1 } };
  return {
    place,
    one,
    two,
    tag,
    task: (more = {}) =>
      place.hub.ledger.tx('test', (tx) => createTask(tx, { ...usual, ...rest, ...more }, 'test')),
    info: (id) => place.call('getTask', { params: { id } }),
    standing: (name, wanted, reason) =>
      place.call('setStanding', {
        params: { name },
        body: { standing: wanted, ...(reason === undefined ? {} : { reason }) },
      }),
    clear: async () => {
      const left = await query<{ id: number }>(
        place.access,
        `SELECT id FROM tasks WHERE state IN ('free', 'leased')`,
      );
      for (const { id } of left) await place.call('cancelTask', { params: { id }, body: {} });
      await query(place.access, 'DELETE FROM durations');
      // Build tasks without a build are of these tests only; nobody could ever take them.
      await query(place.access, `DELETE FROM tasks WHERE kind = 'build'`);
    },
  };
}

/** One fleet for all tests of a file, cleared before each; its ledger keeps its promises at the end. */
export function fleetForAll(set: (fleet: Fleet) => void): void {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet();
    set(fleet);
  });
  afterAll(async () => {
    await checkPromises(fleet.place.access);
    await fleet.place.stop();
  });
  beforeEach(() => fleet.clear());
}

/** The code that a call was refused with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'was done',
    (error: unknown) => (error instanceof Refused ? error.problem.code : String(error)),
  );
}
