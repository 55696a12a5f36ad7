/** Tasks and workers for tests: usual ones, with what is said of them. */

import type { Waiter } from '../choose.ts';
import { noNeeds } from '../needs.ts';
import { nothingHeld, type Offer } from '../offer.ts';
import type { Candidate } from '../task.ts';

export function task(id: number, more: Partial<Candidate> = {}): Candidate {
  return {
    id,
    kind: 'build',
    arch: 'x86_64',
    channel: 'default',
    package: `p${id}`,
    owner: 'ann',
    tag: null,
    priority: 20,
    rank: -id,
    seconds: 60,
    weight: 1,
    needs: noNeeds,
    assigned: null,
    beside: null,
    refusedBy: new Map(),
    ...more,
  };
}

export function offer(worker: string, more: Partial<Offer> = {}): Offer {
  return {
    worker,
    kinds: ['srpm', 'build'],
    arches: ['x86_64', 'i686'],
    channels: ['default'],
    excludes: [],
    capacity: 4,
    memoryMb: 16_384,
    diskMb: 100_000,
    cores: 8,
    cpuLevel: 3,
    speed: 1,
    ...more,
  };
}

export function waiter(worker: string, more: Partial<Offer> = {}, slot = 0): Waiter {
  return { offer: offer(worker, more), slot, held: nothingHeld };
}
