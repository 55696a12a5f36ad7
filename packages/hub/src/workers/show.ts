/** Workers in the contract's form. */
import type { WorkerInfo } from '@moromi/contract';
import { offerOf, whyIdle } from './offer.ts';
import type { WorkerFacts } from './queries.ts';

export function showWorker(worker: WorkerFacts, tasks: readonly number[]): WorkerInfo {
  return {
    name: worker.name,
    offer: worker.offer,
    state: worker.online ? 'online' : 'away',
    standing: worker.standing,
    standingReason: worker.standingReason,
    standingBy: worker.standingBy,
    standingAt: worker.standingAt?.toISOString() ?? null,
    idle: whyIdle(worker),
    unfit: worker.unfit,
    clockAhead: worker.clockAhead,
    channels: worker.channels,
    excludes: worker.excludes,
    capacity: offerOf(worker).capacity,
    speed: worker.speed,
    troubles: worker.troubles,
    enrolledAt: worker.enrolledAt.toISOString(),
    lastSeenAt: worker.lastSeenAt?.toISOString() ?? null,
    tasks: [...tasks],
    refresh: {
      asked: worker.refreshAsked,
      done: worker.refreshDone,
      problem: worker.refreshProblem,
      restart: worker.refreshRestart,
    },
  };
}
