/** What administrators do with the fleet and its queues, over HTTP. */
import { Problem, type QueueFigures } from '@moromi/contract';
import { requireTag } from '../catalog/index.ts';
import { demandOwner, mayHurry } from '../identity/index.ts';
import { type Handlers, hint, type Ledger, type Reader, type Tx, tell } from '../ledger/index.ts';
import { allWorkers, findWorker, showWorker, tasksOfWorkers, whyIdle } from '../workers/index.ts';
import { assignTask, changePriority, changeStanding, lockOpenTask, takeBack } from './control.ts';
import { keepPause, keepQuota, taskFigures } from './control-queries.ts';
import { findTask } from './queries.ts';
import { showTasks } from './show.ts';
import { heldBy, quotas, runningSums } from './snapshot-queries.ts';
import { pauses } from './waiting-queries.ts';
import type { Watches } from './watch.ts';

type Served =
  | 'setStanding'
  | 'watchTasks'
  | 'freeTask'
  | 'assignTask'
  | 'setPriority'
  | 'stats'
  | 'listQuotas'
  | 'setQuota'
  | 'listPauses'
  | 'setPause';

export function fleetRoutes(ledger: Ledger, watches: Watches, url: () => string): Pick<Handlers, Served> {
  const show = async (tx: Tx, id: number) => {
    const task = await findTask(tx, id);
    const [shown] = task === undefined ? [] : await showTasks(tx, [task], url());
    if (shown === undefined) throw new Problem('unknown_task', `there is no task ${id}`);
    return shown;
  };
  return {
    setStanding: async (call) => {
      const { name } = call.params;
      const { standing, reason } = call.body;
      const actor = call.principal.name;
      return await call.effect('workers.standing', async (tx) => {
        // Tasks before their worker, as all who lock both do.
        if (standing === 'quarantined')
          for (const id of (await tasksOfWorkers(tx, [name])).get(name) ?? [])
            await takeBack(tx, id, actor, `${name} was quarantined`);
        const late = await changeStanding(tx, name, standing, reason ?? null, actor);
        // Whatever it got between the two looks; rare enough to try again whole.
        if (late.length > 0) throw Object.assign(new Error('leased meanwhile'), { code: '40001' });
        const worker = await findWorker(tx, name);
        if (worker === undefined) throw new Problem('unknown_worker');
        return showWorker(worker, (await tasksOfWorkers(tx, [name])).get(name) ?? []);
      });
    },
    watchTasks: (call) => watches.watch(call.principal.name, call.body, call.gone),
    freeTask: (call) =>
      call.effect('tasks.free', async (tx) => {
        await takeBack(tx, call.params.id, call.principal.name, `${call.principal.name} freed it`);
        return await show(tx, call.params.id);
      }),
    assignTask: (call) =>
      call.effect('tasks.assign', async (tx) => {
        await assignTask(tx, call.params.id, call.body.worker, call.principal.name);
        return await show(tx, call.params.id);
      }),
    setPriority: (call) =>
      call.effect('tasks.priority', async (tx) => {
        const task = await lockOpenTask(tx, call.params.id);
        demandOwner(call.principal, task.owner);
        if (call.body.priority < task.priority && !mayHurry(call.principal))
          throw new Problem('forbidden', 'raising a priority demands the permission hurry', {
            demand: 'hurry',
          });
        await changePriority(tx, task, call.body.priority, call.principal.name);
        return await show(tx, call.params.id);
      }),
    stats: async () => ({ items: await figures(ledger.read) }),
    listQuotas: async () => ({ items: await listQuotas(ledger.read) }),
    setQuota: (call) =>
      call.effect('tasks.quota', async (tx) => {
        const { subject, name, tasks } = call.body;
        if (subject === 'tag') await requireTag(tx, name);
        await keepQuota(tx, subject, name, tasks);
        tell(tx, {
          type: 'quota.set',
          subject: `quota:${subject}:${name}`,
          actor: call.principal.name,
          data: { tasks },
        });
        hint(tx, 'tasks');
        return { items: await listQuotas(tx) };
      }),
    listPauses: async () => ({ items: await listPauses(ledger.read) }),
    setPause: (call) =>
      call.effect('tasks.pause', async (tx) => {
        const { tag, paused, reason } = call.body;
        if (tag !== null) await requireTag(tx, tag);
        const actor = call.principal.name;
        if (await keepPause(tx, tag ?? '', paused ? { reason: reason ?? '', actor } : null))
          tell(tx, {
            type: paused ? 'system.paused' : 'system.unpaused',
            subject: tag === null ? 'system' : `tag:${tag}`,
            actor,
            data: { reason: reason ?? null },
          });
        hint(tx, 'tasks');
        return { items: await listPauses(tx) };
      }),
  };
}

async function listQuotas(tx: Reader) {
  const running = await runningSums(tx);
  return (await quotas(tx)).map(({ subject, name, tag, tasks }) => ({
    subject,
    name,
    tasks,
    running:
      running.find((one) => (subject === 'owner' ? one.owner === name : tag !== null && one.tag === tag))
        ?.tasks ?? 0,
  }));
}

async function listPauses(tx: Reader) {
  return (await pauses(tx)).map(({ tag, reason, actor, at }) => ({
    tag: tag === '' ? null : tag,
    reason,
    actor,
    at: at.toISOString(),
  }));
}

/** Beanstalk's words, which Reimzul's users know: ready, and watchers. */
async function figures(tx: Reader): Promise<QueueFigures[]> {
  const [found, workers] = await Promise.all([taskFigures(tx), allWorkers(tx)]);
  const awake = workers.filter((one) => whyIdle(one) === null);
  const held = await heldBy(
    tx,
    awake.map((one) => one.name),
  );
  return found.map(({ oldest, ...row }) => {
    const takers = awake.filter(
      ({ offer, channels }) =>
        (offer.kinds as readonly string[]).includes(row.kind) &&
        (row.arch === null || offer.arches.includes(row.arch)) &&
        channels.includes(row.channel),
    );
    const free = takers.reduce(
      (sum, one) => sum + Math.max(0, one.offer.slots - (held.get(one.name)?.tasks ?? 0)),
      0,
    );
    return { ...row, workers: takers.length, watchers: free, oldest: oldest?.toISOString() ?? null };
  });
}
