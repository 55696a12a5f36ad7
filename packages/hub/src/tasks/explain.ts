/** Gathers what `whyWaiting` decides about, for many tasks at once. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Waiting } from '@moromi/contract';
import { ledgerTime, type Reader } from '../ledger/index.ts';
import { allWorkers, channelsOf, type WorkerFacts } from '../workers/index.ts';
import type { TaskFacts } from './queries.ts';
import { limitsOf } from './snapshot.ts';
import { busyUntil, heldBy, quotas, refusalsOf, runningSums } from './snapshot-queries.ts';
import { type Answer, answers, type WaitingFacts, type WaitingTask, whyWaiting } from './waiting.ts';
import { blockersWith, type LineRow, lines, pauses, placesOf } from './waiting-queries.ts';

export interface Explained {
  waiting: Waiting;
  answers: Answer[];
}

/** For so long it holds the process at most, and a task more. */
const momentMs = 10;

/** @param free tasks that are free; others are passed over */
export async function explain(reader: Reader, free: readonly TaskFacts[]): Promise<Map<number, Explained>> {
  const tasks = free.filter((task) => task.state === 'free');
  if (tasks.length === 0) return new Map();
  const ids = tasks.map((task) => task.id);
  const workers = await allWorkers(reader);
  const names = workers.map((one) => one.name);
  const [now, blockers, held, busy, halted, running, bounds, refusals, places, waitingLines] =
    await Promise.all([
      ledgerTime(reader),
      blockersWith(reader, ids),
      heldBy(reader, names),
      busyUntil(reader, names),
      pauses(reader),
      runningSums(reader),
      quotas(reader),
      refusalsOf(reader, ids),
      placesOf(reader, ids),
      lines(reader),
    ]);
  const limits = await limitsOf(reader, waitingLines, running, bounds);
  const busyOf = Map.groupBy(busy, (one) => one.worker);
  const workerNames = new Map(
    tasks.flatMap((task) => (task.worker === null ? [] : [[task.id, task.worker]])),
  );
  const freeIn = new Map([...busyOf].map(([name, list]) => [name, list.map((one) => one.freeIn)]));
  const explained = new Map<number, Explained>();
  let last = performance.now();
  for (const task of tasks) {
    // Of many tasks in a large fleet it takes long, and others wait for tasks meanwhile.
    if (performance.now() - last > momentMs) {
      await turn();
      last = performance.now();
    }
    const refusedBy = new Map(
      refusals.filter((one) => one.task === task.id).map((one) => [one.worker, one.reason]),
    );
    const asked: WaitingTask = {
      ...candidateOf(task),
      refusedBy,
      beside: workerNames.get(task.id) ?? null,
    };
    const isBuild = task.kind === 'srpm' || task.kind === 'build';
    const rivals = waitingLines.filter((line) => sharesWorkers(task, line, workers));
    const facts: WaitingFacts = {
      now,
      blockers: blockers.filter((one) => one.task === task.id),
      workers,
      held,
      busy: freeIn,
      pause: isBuild
        ? halted.find((one) => one.tag === '' || (one.tagId !== null && one.tagId === task.tag))
        : undefined,
      quota: bounds.find((one) =>
        one.subject === 'owner'
          ? one.name === task.owner && limits.ownerRoom.get(task.owner) === 0
          : one.tag !== null && one.tag === task.tag && limits.tagRoom.get(one.tag) === 0,
      ),
      place: places.get(task.id) ?? 0,
      share: limits.shares.get(task.owner) ?? 0,
      urgent: rivals.filter((line) => line.priority < task.priority),
      others: rivals
        .filter((line) => line.priority === task.priority && line.owner !== task.owner)
        .map((line) => ({ ...line, share: limits.shares.get(line.owner) ?? 0 })),
    };
    explained.set(task.id, { waiting: whyWaiting(asked, facts), answers: answers(asked, facts) });
  }
  return explained;
}

export function candidateOf(task: TaskFacts): Omit<WaitingTask, 'refusedBy' | 'beside'> {
  const { memoryMb, diskMb, cores, cpuLevel, ...rest } = task;
  return { ...rest, needs: { memoryMb, diskMb, cores, cpuLevel } };
}

/** Whether tasks of a line want slots that this task could have. */
function sharesWorkers(task: TaskFacts, line: LineRow, workers: readonly WorkerFacts[]): boolean {
  return workers.some(
    ({ offer, ...rest }) =>
      offer.kinds.includes(task.kind) &&
      (offer.kinds as readonly string[]).includes(line.kind) &&
      (task.arch === null || offer.arches.includes(task.arch)) &&
      (line.arch === null || offer.arches.includes(line.arch)) &&
      channelsOf({ ...rest, offer }).includes(task.channel) &&
      channelsOf({ ...rest, offer }).includes(line.channel),
  );
}
