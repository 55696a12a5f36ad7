/**
 * When a batch is expected to be over: what is left of it, played on the fleet as it is.
 *
 * Invariant: it says nothing where something of it can never be built, and it takes the fleet to itself: other
 * work makes it later.
 */
import { rank, simulate, type Worker } from '@moromi/schedule';
import type { Reader } from '../ledger/index.ts';
import { allWorkers, offerOf, whyIdle } from '../workers/index.ts';

export interface Left {
  id: number;
  /** Items of the list that it still needs. */
  needs: readonly number[];
  seconds: number;
  after: number;
  /** The architectures that it is built for. */
  arches: readonly string[];
}

/** @returns seconds until all is done; null where nobody can say */
export function secondsLeft(items: readonly Left[], fleet: readonly Worker[]): number | null {
  const place = new Map(items.map((item, at) => [item.id, at]));
  const graph = items.map((item) => item.needs.flatMap((need) => place.get(need) ?? []));
  if (items.some((item) => item.arches.some((arch) => !fleet.some((one) => one.offer.arches.includes(arch)))))
    return null;
  const works = items.map((item) => ({ seconds: new Map(item.arches.map((arch) => [arch, item.seconds])) }));
  const { makespan, doneAt } = simulate(graph, works, fleet, ({ node, at }) => {
    const { seconds = 0, after = 0 } = items[node] ?? {};
    return { rank: rank(seconds + after, at), seconds };
  });
  return doneAt.some(Number.isNaN) ? null : makespan;
}

/** Everybody who could build now. */
export async function fleetOf(reader: Reader): Promise<Worker[]> {
  return (await allWorkers(reader))
    .filter((one) => whyIdle(one) === null && one.offer.kinds.includes('build'))
    .map((one) => ({ offer: { ...offerOf(one), channels: ['default'] }, slots: one.offer.slots }));
}
