/** Claims, heartbeats, results and the list of tasks over HTTP. */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@moromi/contract';
import { demandOwner } from '../identity/index.ts';
import type { Handlers, Ledger, Tx } from '../ledger/index.ts';
import { findWorker, Signs } from '../workers/index.ts';
import type { Dispatcher } from './dispatch.ts';
import { explain } from './explain.ts';
import type { Finisher } from './finish.ts';
import type { Kinds } from './kinds.ts';
import { Heartbeats, release } from './leases.ts';
import {
  attemptsOf,
  blockersOf,
  childrenOf,
  endAttempt,
  findTask,
  listTasks,
  lockTask,
  type TaskFacts,
} from './queries.ts';
import { showTask, showTasks } from './show.ts';

export interface TaskParts {
  ledger: Ledger;
  kinds: Kinds;
  finisher: Finisher;
  dispatcher: Dispatcher;
  url: () => string;
}

type Served = 'claim' | 'heartbeat' | 'release' | 'finishAttempt' | 'listTasks' | 'getTask' | 'cancelTask';

export function taskRoutes({ ledger, kinds, finisher, dispatcher, url }: TaskParts): Pick<Handlers, Served> {
  const signs = new Signs(ledger);
  const heartbeats = new Heartbeats(ledger);
  return {
    claim: async (call) => {
      const worker = await signs.note(call.principal.name, { leaving: false, unfit: null });
      if (worker.standing !== 'enabled') {
        // Answered late, as a claim without work is: at once would have it asked again at once.
        await untilEnabled(ledger, call.principal.name, call.body.waitSeconds, call.gone);
        return { lease: null };
      }
      return { lease: await dispatcher.claim(call.principal.name, call.body, call.gone) };
    },
    heartbeat: async (call) => {
      const { name } = call.principal;
      const reply = await heartbeats.beat(name, call.body);
      const { leaving = false, unfit, clock } = call.body;
      const sign = {
        leaving,
        ...(unfit === undefined ? {} : { unfit }),
        ...(clock === undefined ? {} : { clock }),
      };
      const worker = await signs.note(name, sign);
      const { refreshAsked, refreshDone } = worker;
      return refreshAsked > refreshDone ? { ...reply, refresh: refreshAsked } : reply;
    },
    release: (call) =>
      ledger.tx('tasks.release', async (tx) => {
        await release(tx, call.principal.name, call.body);
        return {};
      }),
    finishAttempt: (call) =>
      finisher.finish(call.params.id, call.params.attempt, call.principal.name, call.body),
    listTasks: async (call) => {
      const limit = call.query.limit ?? 50;
      const before = call.query.cursor === undefined ? undefined : cursorId(call.query.cursor);
      const found = await listTasks(ledger.read, { ...call.query, before, limit });
      return {
        items: await showTasks(ledger.read, found, url()),
        next: found.length === limit ? String(found.at(-1)?.id) : null,
      };
    },
    getTask: async (call) => {
      const task = await requireTask(await findTask(ledger.read, call.params.id), call.params.id);
      const said = (await explain(ledger.read, [task])).get(task.id);
      const attempts = (await attemptsOf(ledger.read, task.id)).map((one) => ({
        ...one,
        leasedAt: one.leasedAt.toISOString(),
        endedAt: one.endedAt?.toISOString() ?? null,
      }));
      return {
        ...showTask(task, said, url()),
        answers: (said?.answers ?? []).map(({ worker, refusal }) => ({
          worker,
          hard: refusal?.hard ?? false,
          code: refusal?.code ?? null,
          reason: refusal?.reason ?? null,
        })),
        attempts,
        blockedBy: await blockersOf(ledger.read, task.id),
        children: await childrenOf(ledger.read, task),
        request: task.request,
        result: task.result,
      };
    },
    cancelTask: (call) =>
      call.effect('tasks.cancel', async (tx) => {
        const task = await requireTask(await findTask(tx, call.params.id), call.params.id);
        demandOwner(call.principal, task.owner);
        const whole = kinds.get(task.kind).cancel;
        if (whole !== undefined) await whole(tx, task, call.principal.name);
        else {
          await finisher.lock(tx, task);
          await cancelTask(tx, finisher, task.id, call.principal.name);
        }
        const [shown] = await showTasks(tx, [await requireTask(await findTask(tx, task.id), task.id)], url());
        if (shown === undefined) throw new Problem('unknown_task');
        return shown;
      }),
  };
}

/** Until somebody lets the worker have work again, or its claim's time is over. */
async function untilEnabled(ledger: Ledger, name: string, seconds: number, gone: AbortSignal): Promise<void> {
  const over = new AbortController();
  const off = ledger.hints.on('stops', () => {
    void findWorker(ledger.read, name)
      .then((worker) => worker?.standing === 'enabled' && over.abort())
      .catch(() => {});
  });
  await delay(seconds * 1000, undefined, { signal: AbortSignal.any([gone, over.signal]) }).catch(() => {});
  off();
}

/** Cancels one task that has not ended; its worker learns of it with its next write or heartbeat. */
export async function cancelTask(tx: Tx, finisher: Finisher, id: number, actor: string): Promise<void> {
  const task = await lockTask(tx, id);
  if (task === undefined || (task.state !== 'free' && task.state !== 'leased')) return;
  const failure = { code: 'canceled', message: `${actor} canceled it`, fault: 'canceled' as const };
  if (task.state === 'leased') await endAttempt(tx, id, task.attempt, 'canceled', failure);
  await finisher.end(tx, task, {
    state: 'canceled',
    worker: task.worker,
    attempt: task.attempt,
    failure,
    inspected: null,
    actor,
  });
}

async function requireTask(task: TaskFacts | undefined, id: number): Promise<TaskFacts> {
  if (task === undefined) throw new Problem('unknown_task', `there is no task ${id}`);
  return task;
}

export function cursorId(cursor: string): number {
  const id = Number(cursor);
  if (!Number.isSafeInteger(id) || id < 1)
    throw new Problem('bad_request', `"${cursor}" is not a cursor of this list`);
  return id;
}
