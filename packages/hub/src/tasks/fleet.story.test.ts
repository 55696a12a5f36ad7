/** What decides which worker gets which task, over the real API. */
import { describe, expect, test } from 'vitest';
import { type Fleet, fleetForAll, refusal } from '../testing/fleet.ts';
import { passTime, query } from '../testing/hub.ts';
import { gatherFleet } from './age.ts';

let place: Fleet['place'];
let one: Fleet['one'];
let two: Fleet['two'];
let task: Fleet['task'];
let info: Fleet['info'];
fleetForAll((fleet) => {
  ({ place, one, two, task, info } = fleet);
});

describe('matching', () => {
  test('a task of a channel goes to a worker in it, and says so while there is none', async () => {
    const id = await task({ channel: 'image' });
    expect(await one.claim()).toBeNull();
    expect((await info(id)).waiting).toMatchObject({
      code: 'no_fit',
      reason: expect.stringContaining('is not in the channel image'),
    });
    await place.call('editWorker', { params: { name: 'two' }, body: { channels: ['default', 'image'] } });
    expect((await two.take()).task).toBe(id);
  });

  test('memory that a worker has not is a hard refusal, memory that is taken a soft one', async () => {
    const large = await task({ needs: { memoryMb: 12_000 } });
    expect(await one.claim()).toBeNull();
    const lease = await two.take();
    expect(lease.task).toBe(large);
    const next = await task({ needs: { memoryMb: 12_000 } });
    expect(await two.claim({ slot: 1 })).toBeNull();
    const { waiting, answers } = await info(next);
    expect(waiting).toMatchObject({ code: 'no_room' });
    expect(answers).toEqual([
      { worker: 'one', hard: true, code: 'memory', reason: 'has 8 GiB of memory and 11.7 GiB are needed' },
      {
        worker: 'two',
        hard: false,
        code: 'no_memory_now',
        reason: 'has 4.3 GiB of memory left and 11.7 GiB are needed',
      },
    ]);
    await two.release(lease);
    // The older one first.
    expect((await two.take({ slot: 1 })).task).toBe(large);
  });

  test('a package that a worker excludes goes to others, also from behind many that it excludes', async () => {
    await place.call('editWorker', { params: { name: 'one' }, body: { excludes: ['kernel*'] } });
    const kernels = [];
    for (let n = 0; n < 40; n++) kernels.push(await task({ package: `kernel-${n}` }));
    const other = await task({ package: 'hello' });
    expect((await one.take()).task).toBe(other);
    expect((await two.take()).task).toBe(kernels[0]);
    await place.call('editWorker', { params: { name: 'one' }, body: { excludes: [] } });
  });

  test('capacity bounds the weight that a worker carries', async () => {
    await place.call('editWorker', { params: { name: 'one' }, body: { capacity: 2 } });
    await task({ weight: 1.5 });
    const heavy = await task({ weight: 1.5 });
    await one.take();
    expect(await one.claim({ slot: 1 })).toBeNull();
    expect((await info(heavy)).answers[0]).toMatchObject({
      code: 'no_room',
      reason: 'carries 1.5 of 2 already',
    });
    await place.call('editWorker', { params: { name: 'one' }, body: { capacity: null } });
  });

  test('an assigned task goes to its worker only, and one that never can is told at once', async () => {
    const id = await task();
    await place.call('assignTask', { params: { id }, body: { worker: 'two' } });
    expect(await one.claim()).toBeNull();
    expect((await two.take()).task).toBe(id);
    const i686 = await task({ arch: 'i686' });
    expect(await refusal(place.call('assignTask', { params: { id: i686 }, body: { worker: 'two' } }))).toBe(
      'worker_unfit',
    );
    expect(
      await refusal(place.call('assignTask', { params: { id: i686 }, body: { worker: 'nobody' } })),
    ).toBe('unknown_worker');
  });

  test('a worker that has refused a task is not asked again for a while, and is when it offers anew', async () => {
    const id = await task();
    const lease = await one.take();
    const body = {
      tasks: [{ task: lease.task, attempt: lease.attempt }],
      reason: 'full',
      refusal: { hard: false, reason: 'its disk is too small' },
    };
    await one.line('release', { body });
    expect(await one.claim()).toBeNull();
    expect((await info(id)).answers[0]).toMatchObject({
      worker: 'one',
      reason: 'its disk is too small',
      hard: false,
    });
    const { offer } = await place.call('getWorker', { params: { name: 'one' } });
    await one.line('offer', { body: offer });
    expect((await one.take()).task).toBe(id);
  });
});

describe('order', () => {
  test('an owner who has had nothing comes before one who waits with many', async () => {
    for (let n = 0; n < 30; n++) await task({ owner: 'bulk' });
    await one.take();
    await one.take({ slot: 1 });
    const mine = await task({ owner: 'single' });
    expect((await one.take({ slot: 2 })).task).toBe(mine);
  });

  test('a priority that is changed while it waits counts at once', async () => {
    await task({ owner: 'ann' });
    const later = await task({ owner: 'ann' });
    await place.call('setPriority', { params: { id: later }, body: { priority: 10 } });
    expect((await one.take()).task).toBe(later);
  });

  test('the longest path comes first', async () => {
    await task({ after: 10 });
    const long = await task({ after: 5000 });
    expect((await one.take()).task).toBe(long);
  });

  test('what has been ready for a day is raised by a band', async () => {
    const id = await task({ priority: 30, owner: 'old' });
    await passTime(place.access, 86_500);
    const fresh = await task({ priority: 20, owner: 'old' });
    await gatherFleet(place.hub.ledger);
    expect((await info(id)).priority).toBe(20);
    expect((await one.take()).task).toBe(id);
    await place.call('cancelTask', { params: { id: fresh }, body: {} });
    const events = await query(place.access, `SELECT data FROM events WHERE type = 'task.lifted'`);
    expect(events).toHaveLength(1);
  });

  test('a quota of an owner and of a tag is kept, and said', async () => {
    const body = { subject: 'owner', name: 'ann', tasks: 1 };
    await place.call('setQuota', { body });
    await task();
    const second = await task();
    await one.take();
    expect(await one.claim({ slot: 1 })).toBeNull();
    expect((await info(second)).waiting).toMatchObject({
      code: 'quota',
      reason: 'ann has as many tasks running at once as its quota allows: 1.',
    });
    expect((await place.call('listQuotas')).items).toEqual([{ ...body, running: 1 }]);
    await place.call('setQuota', { body: { ...body, tasks: null } });
    expect((await one.take({ slot: 1 })).task).toBe(second);
    expect(
      await refusal(place.call('setQuota', { body: { subject: 'tag', name: 'nowhere', tasks: 1 } })),
    ).toBe('unknown_tag');
  });

  test('two claims of one owner at once do not exceed its quota together', async () => {
    await place.call('setQuota', { body: { subject: 'owner', name: 'ann', tasks: 1 } });
    await task();
    await task();
    const got = await Promise.all([one.claim({ waitSeconds: 1 }), two.claim({ waitSeconds: 1 })]);
    expect(got.filter((lease) => lease !== null)).toHaveLength(1);
    await place.call('setQuota', { body: { subject: 'owner', name: 'ann', tasks: null } });
  });
});
