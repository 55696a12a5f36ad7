/** What builds took and what the next ones need for it, over the real API. */
import type { Used } from '@moromi/contract';
import { expect, test } from 'vitest';
import { type Fleet, fleetForAll } from '../testing/fleet.ts';
import { query } from '../testing/hub.ts';
import { nothing } from '../testing/stage.ts';
import { enrol, type HandWorker } from '../testing/worker.ts';
import type { NewTask } from './queries.ts';

let fleet: Fleet;
let place: Fleet['place'];
let one: Fleet['one'];
let two: Fleet['two'];
let task: Fleet['task'];
let info: Fleet['info'];
fleetForAll((made) => {
  fleet = made;
  ({ place, one, two, task, info } = made);
});

const gib = 1024;
const absurd = 2 ** 31 - 1;

/** A publish task under a package's name: any worker does it without a source package, and it teaches the same. */
const of = (more: Partial<NewTask> = {}) => task({ package: 'webkit', arch: 'x86_64', ...more });

/** A build of the package that takes so much. */
async function ran(used: Partial<Used>, worker: HandWorker = two): Promise<void> {
  const id = await of({ needs: { memoryMb: 0, diskMb: 0 } });
  const lease = await worker.take();
  expect(lease.task).toBe(id);
  const made = await worker.make(lease, nothing);
  if (made.outcome !== 'done') throw new Error('it was not made');
  const said = await worker.finish(lease, { ...made, used: { memoryMb: 0, diskMb: 0, ...used } });
  expect(said.accepted).toBe(true);
}

const needs = async (id: number) => (await info(id)).needs;

test('a build that took 3 GiB makes the next one on its architecture need 4 GiB', async () => {
  await enrol(place, 'small', ['x86_64'], {
    machine: { cores: 4, memoryMb: 2048, diskMb: 50_000, cpuLevel: 3 },
  });
  await ran({ memoryMb: 3 * gib, diskMb: 900 });
  const id = await of();
  expect(await needs(id)).toMatchObject({ memoryMb: 4 * gib, diskMb: 1536 });
  expect((await info(id)).answers.find((answer) => answer.worker === 'small')).toEqual({
    worker: 'small',
    hard: true,
    code: 'memory',
    reason: 'has 2 GiB of memory and 4 GiB are needed',
  });
  expect((await one.take()).task).toBe(id);
  expect(await needs(await of({ arch: 'i686' }))).toMatchObject({ memoryMb: 0, diskMb: 0 });
  await fleet.standing('small', 'disabled');
});

test('what a person has set wins, more or less or nothing', async () => {
  await ran({ memoryMb: 3 * gib, diskMb: 9 * gib });
  expect(await needs(await of({ needs: { memoryMb: 700 } }))).toMatchObject({
    memoryMb: 700,
    diskMb: 12 * gib,
  });
  expect(await needs(await of({ needs: { memoryMb: 6000, diskMb: 0 } }))).toMatchObject({
    memoryMb: 6000,
    diskMb: 0,
  });
});

test('what any builder has is no need, and what a worker cannot tell is not kept', async () => {
  await ran({ memoryMb: 400 });
  await ran({});
  expect(await needs(await of())).toMatchObject({ memoryMb: 0, diskMb: 0 });
  const kept = await query(place.access, `SELECT memory_used, disk_used FROM durations`);
  expect(kept).toEqual([{ memory_used: [400], disk_used: [] }]);
});

test('memory that was too little once counts where it is more than what was measured', async () => {
  await ran({ memoryMb: 3 * gib });
  await query(place.access, `UPDATE durations SET memory_mb = 7000`);
  expect(await needs(await of())).toMatchObject({ memoryMb: 7000 });
  await query(place.access, `UPDATE durations SET memory_mb = 2000`);
  expect(await needs(await of())).toMatchObject({ memoryMb: 4 * gib });
});

test('a build that is killed for memory gets twice what it could have had, however little was learned', async () => {
  await ran({ memoryMb: 500 });
  const id = await of();
  expect(await needs(id)).toMatchObject({ memoryMb: 768 });
  const failure = { code: 'out_of_memory', message: 'killed', fault: 'infrastructure' } as const;
  await one.finish(await one.take(), { outcome: 'failed', failure });
  // 8 GiB for eight slots.
  expect(await needs(id)).toMatchObject({ memoryMb: 2 * gib });
});

test('one absurd run among others changes little', async () => {
  for (const memoryMb of [1000, absurd, 1100, 1200]) await ran({ memoryMb });
  expect(await needs(await of())).toMatchObject({ memoryMb: 3 * gib });
});

test('a worker that lies each time costs a place on a large machine and does not stop the package', async () => {
  for (let n = 0; n < 6; n++) await ran({ memoryMb: absurd, diskMb: absurd });
  const id = await of();
  expect(await needs(id)).toMatchObject({ memoryMb: 16 * gib, diskMb: 48 * gib });
  expect(await one.claim()).toBeNull();
  expect((await two.take()).task).toBe(id);
  await fleet.standing('two', 'disabled');
  expect(await needs(await of())).toMatchObject({ memoryMb: 8 * gib });
  await fleet.standing('two', 'enabled');
  // Nobody is there for it: there is nothing to hold a need against.
  expect(await needs(await of({ channel: 'nobody' }))).toMatchObject({ memoryMb: 0, diskMb: 0 });
});

test('only the last runs are kept, and more than the contract allows is refused', async () => {
  for (let n = 1; n <= 12; n++) await ran({ memoryMb: n });
  const [kept] = await query<{ memory_used: number[] }>(place.access, `SELECT memory_used FROM durations`);
  expect(kept?.memory_used).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
  await of();
  const lease = await two.take();
  const used = { memoryMb: 2 ** 31, diskMb: -1 };
  await expect(two.finish(lease, { outcome: 'done', used })).rejects.toMatchObject({
    problem: { code: 'bad_request' },
  });
  await two.release(lease);
});
