/**
 * What a new task needs of memory and disk where its package's settings do not say.
 *
 * Invariant: what a person has set wins, also a 0. What was learned never keeps a task waiting for a machine that is not
 * there, however much a worker said that it took: it is cut to what the largest of those offers that could take the task
 * otherwise. An honest need is served best there, and a lie costs a place on a large machine and nothing else; a build
 * that then has too little memory is killed, which `trouble.ts` answers.
 */
import { hardRefusal, learnedNeed, type Needs, needFloor, within } from '@moromi/schedule';
import type { Tx } from '../ledger/index.ts';
import { allWorkers, offerOf, type WorkerFacts } from '../workers/index.ts';
import type { DurationRow } from './learning-queries.ts';
import type { NewTask } from './queries.ts';

/** @param own what is known of the package on the task's architecture */
export async function needsOf(tx: Tx, task: NewTask, own: DurationRow | undefined): Promise<Partial<Needs>> {
  const set = task.needs ?? {};
  const learned = {
    // The one was measured, the other was too little once and doubled; the package needs the greater.
    memoryMb: Math.max(own?.memoryMb ?? 0, learnedNeed(own?.memoryUsed ?? [], needFloor.memoryMb)),
    diskMb: learnedNeed(own?.diskUsed ?? [], needFloor.diskMb),
  };
  if (set.memoryMb !== undefined) learned.memoryMb = 0;
  if (set.diskMb !== undefined) learned.diskMb = 0;
  if (learned.memoryMb === 0 && learned.diskMb === 0) return set;
  const { memoryMb, diskMb } = within(learned, able(task, set, await allWorkers(tx)).map(offerOf));
  return { ...set, memoryMb: set.memoryMb ?? memoryMb, diskMb: set.diskMb ?? diskMb };
}

/**
 * The enabled workers that could take the task but for what was learned. Those that are there count before those that are
 * gone and may never come back; while none is, as after a restart of the hub, all count.
 */
function able(task: NewTask, set: Partial<Needs>, workers: readonly WorkerFacts[]): WorkerFacts[] {
  const asked = {
    kind: task.kind,
    arch: task.arch,
    channel: task.channel ?? 'default',
    package: task.package ?? null,
    weight: task.weight ?? 1,
    needs: { memoryMb: 0, diskMb: 0, cores: 0, cpuLevel: 0, ...set },
    assigned: null,
    refusedBy: new Map<string, string>(),
  };
  const all = workers.filter(
    (one) => one.standing === 'enabled' && hardRefusal(asked, offerOf(one)) === null,
  );
  const there = all.filter((one) => one.online && !one.leaving);
  return there.length > 0 ? there : all;
}
