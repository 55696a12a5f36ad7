/**
 * A worker as the scheduler sees it.
 *
 * Invariant: pure. What a worker does not say of its machine is 0, which refuses nothing.
 */
import type { Offer } from '@moromi/schedule';
import type { WorkerFacts } from './queries.ts';

export function offerOf(worker: WorkerFacts): Offer {
  const { offer } = worker;
  return {
    worker: worker.name,
    kinds: offer.kinds,
    arches: offer.arches,
    channels: channelsOf(worker),
    excludes: worker.excludes,
    capacity: worker.capacity ?? offer.slots,
    memoryMb: offer.machine?.memoryMb ?? 0,
    diskMb: offer.machine?.diskMb ?? 0,
    cores: offer.machine?.cores ?? 0,
    cpuLevel: offer.machine?.cpuLevel ?? 0,
    speed: worker.speed,
  };
}

/** Those that it was put into, and one for each key that it signs with. */
export function channelsOf({ channels, offer }: Pick<WorkerFacts, 'channels' | 'offer'>): string[] {
  return [...channels, ...(offer.keys ?? []).map((key) => `sign-${key}`)];
}

/** Why it gets nothing whatever the task, in a phrase that goes on after its name; null where it may. */
export function whyIdle(worker: WorkerFacts): string | null {
  if (worker.standing !== 'enabled') {
    const reason = worker.standingReason === null ? '' : ` (${worker.standingReason})`;
    return `is ${worker.standing === 'aside' ? 'set aside' : worker.standing}${reason}`;
  }
  if (!worker.online)
    return worker.lastSeenAt === null
      ? 'was never seen'
      : `was last seen at ${worker.lastSeenAt.toISOString()}`;
  if (worker.leaving) return 'is leaving';
  if (worker.unfit !== null) return `takes nothing now: ${worker.unfit.reason}`;
  return null;
}
