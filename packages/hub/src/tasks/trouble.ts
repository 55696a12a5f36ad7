/**
 * What follows from an attempt that failed and not for the task's own sake.
 *
 * Invariant: a worker is judged in the transaction that ends the attempt. A build that was killed for memory is tried
 * once more, with twice the memory to itself and elsewhere where there is an elsewhere; then it has failed.
 */
import type { Failure } from '@moromi/contract';
import { hint, type Tx, tell } from '../ledger/index.ts';
import {
  addTrouble,
  allWorkers,
  isAside,
  keepTroubles,
  lockWorker,
  offerOf,
  othersInTrouble,
  setStanding,
  sharedSeconds,
  type WorkerFacts,
  whyAside,
} from '../workers/index.ts';
import { setMemoryNeed } from './control-queries.ts';
import { keepMemoryNeed } from './learning-queries.ts';
import { attemptsOf, type TaskFacts } from './queries.ts';
import { refuse } from './snapshot-queries.ts';

/** A worker that has just failed a task gets others before it. Seconds. */
const elsewhereSeconds = 60;
/** What a build is thought to have had where nothing is known. In MiB. */
const usualMemoryMb = 2048;

/** A good result ends a worker's bad streak. */
export async function calm(tx: Tx, worker: string): Promise<void> {
  await keepTroubles(tx, worker, []);
}

export async function noteTrouble(tx: Tx, task: TaskFacts, name: string, failure: Failure): Promise<void> {
  const fleet = await allWorkers(tx);
  // Another has it before the one that has just failed with it, where there is another.
  if (fleet.some((one) => one.name !== name && one.online && !one.leaving && canTake(one, task)))
    await refuse(tx, task.id, name, {
      hard: false,
      reason: `failed with it (${failure.code})`,
      seconds: elsewhereSeconds,
    });
  if (failure.code === 'out_of_memory') return;
  // What fails at others as well is not this worker's doing.
  if ((await othersInTrouble(tx, name, failure.code, sharedSeconds)) > 0) return;
  const worker = await lockWorker(tx, name);
  if (worker === undefined || worker.standing !== 'enabled') return;
  const troubles = addTrouble(worker.troubles, { task: task.id, code: failure.code });
  await keepTroubles(tx, name, troubles);
  const count = (standing: string) => fleet.filter((one) => one.standing === standing).length;
  if (!isAside(troubles, { enabled: count('enabled'), aside: count('aside') })) return;
  const reason = whyAside(troubles);
  await setStanding(tx, name, 'aside', reason, 'hub');
  tell(tx, {
    type: 'worker.aside',
    subject: `worker:${name}`,
    actor: 'hub',
    cause: `task:${task.id}`,
    data: { reason, troubles },
  });
  hint(tx, 'stops');
}

/**
 * Called for a task whose attempt ran out of memory.
 * @returns how much it gets the next time, in MiB; null where it has been tried with more already
 */
export async function moreMemory(tx: Tx, task: TaskFacts, worker: string): Promise<number | null> {
  const before = (await attemptsOf(tx, task.id)).filter((one) => one.failure?.code === 'out_of_memory');
  if (before.length > 1) return null;
  const able = (await allWorkers(tx)).filter((one) => canTake(one, task));
  // A learned need may be far less than what it could have had there.
  const had = Math.max(task.memoryMb, partOf(able.find((one) => one.name === worker)));
  const most = Math.max(0, ...able.map((one) => offerOf(one).memoryMb));
  const need = most > 0 ? Math.min(had * 2, most) : had * 2;
  await setMemoryNeed(tx, task.id, need);
  if (task.package !== null)
    await keepMemoryNeed(tx, { name: task.package, kind: task.kind, arch: task.arch ?? '' }, need);
  // The only one that could have it may try again: with so much of its memory it runs alone there.
  if (able.some((one) => one.name !== worker && offerOf(one).memoryMb >= need))
    await refuse(tx, task.id, worker, { hard: false, reason: 'ran out of memory with it', seconds: 86_400 });
  return need;
}

function canTake(worker: WorkerFacts, task: TaskFacts): boolean {
  const { kinds, arches } = worker.offer;
  return (
    worker.standing === 'enabled' &&
    kinds.includes(task.kind) &&
    (task.arch === null || arches.includes(task.arch))
  );
}

/** The memory that one of a worker's slots has, if all are busy. */
function partOf(worker: WorkerFacts | undefined): number {
  const whole = worker === undefined ? 0 : offerOf(worker).memoryMb;
  return whole === 0 ? usualMemoryMb : Math.round(whole / Math.max(1, worker?.offer.slots ?? 1));
}
