/**
 * A fleet in virtual time: what a graph of builds takes, with the very functions that the hub chooses by.
 *
 * Invariant: pure; the same input gives the same answer. A task that becomes free does so before the next choice at the
 * same moment; a build is done when its slowest architecture is.
 */
import { choose, type Waiter } from './choose.ts';
import { type Graph, longestPaths, reverse } from './graph.ts';
import { type Held, nothingHeld, type Offer } from './offer.ts';
import { noLimits } from './order.ts';
import { Queue } from './queue.ts';
import type { Candidate } from './task.ts';

export interface Item {
  /** Seconds that it really takes at speed 1, by architecture. */
  seconds: ReadonlyMap<string, number>;
  /** Its first attempts end so, each after its whole time, before one is good. */
  failures?: number;
}

export interface Worker {
  offer: Offer;
  slots: number;
}

/** What is said of a task that has become free; greater is sooner. */
export type Ranking = (free: { node: number; arch: string; at: number; serial: number }) => {
  rank: number;
  /** What it is expected to take at speed 1. */
  seconds: number;
};

export interface Outcome {
  makespan: number;
  /** Of each node the moment at which all of it was done. */
  doneAt: number[];
}

interface Running {
  task: Free;
  worker: number;
  slot: number;
  expectedEnd: number;
}

interface Free extends Candidate {
  node: number;
  /** What it really takes; the scheduler does not know. */
  takes: number;
}

export function simulate(
  graph: Graph,
  items: readonly Item[],
  workers: readonly Worker[],
  ranking: Ranking,
): Outcome {
  const users = reverse(graph);
  const open = graph.map((needs) => needs.length);
  const left = items.map((item) => item.seconds.size);
  const failures = items.map(
    (item) => new Map([...item.seconds.keys()].map((arch) => [arch, item.failures ?? 0])),
  );
  const doneAt = new Array<number>(items.length).fill(Number.NaN);
  const free = new Map<number, Free>();
  const held: Held[] = workers.map(() => nothingHeld);
  const idle = workers.map(({ slots }) => Array.from({ length: slots }, (_, slot) => slot));
  const running = new Queue<Running>();
  const under = new Set<Running>();
  let now = 0;
  let serial = 0;

  const release = (node: number, arches: Iterable<string>): void => {
    for (const arch of arches) {
      const id = serial++;
      const { rank, seconds } = ranking({ node, arch, at: now, serial: id });
      const takes = items[node]?.seconds.get(arch) ?? 0;
      free.set(id, { ...blank, id, node, arch, rank, seconds, takes });
    }
  };
  const finish = (node: number): void => {
    doneAt[node] = now;
    for (const user of users[node] ?? []) {
      open[user] = (open[user] ?? 0) - 1;
      if (open[user] === 0) start(user);
    }
  };
  const start = (node: number): void => {
    const arches = items[node]?.seconds ?? new Map<string, number>();
    if (arches.size === 0) finish(node);
    else release(node, arches.keys());
  };
  const end = (attempt: Running): void => {
    const { task, worker, slot } = attempt;
    under.delete(attempt);
    const before = held[worker] ?? nothingHeld;
    held[worker] = { ...before, tasks: before.tasks - 1, weight: before.weight - task.weight };
    idle[worker]?.push(slot);
    const again = failures[task.node]?.get(task.arch ?? '') ?? 0;
    if (again > 0) {
      failures[task.node]?.set(task.arch ?? '', again - 1);
      release(task.node, [task.arch ?? '']);
      return;
    }
    left[task.node] = (left[task.node] ?? 0) - 1;
    if (left[task.node] === 0) finish(task.node);
  };
  const give = (): void => {
    if (free.size === 0) return;
    const busy = [...under].map((one) => ({
      offer: workers[one.worker]?.offer as Offer,
      freeIn: Math.max(0, one.expectedEnd - now),
    }));
    const waiters: (Waiter & { at: number })[] = [];
    for (const [at, worker] of workers.entries())
      for (const slot of idle[at] ?? [])
        waiters.push({ at, offer: worker.offer, slot, held: held[at] ?? nothingHeld });
    if (waiters.length === 0) return;
    for (const { task, waiter } of choose([...free.values()], waiters, noLimits, busy)) {
      free.delete(task.id);
      const before = held[waiter.at] ?? nothingHeld;
      held[waiter.at] = { ...before, tasks: before.tasks + 1, weight: before.weight + task.weight };
      idle[waiter.at] = (idle[waiter.at] ?? []).filter((slot) => slot !== waiter.slot);
      const attempt = {
        task,
        worker: waiter.at,
        slot: waiter.slot,
        expectedEnd: now + task.seconds / waiter.offer.speed,
      };
      under.add(attempt);
      running.add(now + task.takes / waiter.offer.speed, attempt);
    }
  };

  for (const [node, count] of [...open.entries()]) if (count === 0) start(node);
  give();
  for (let next = running.take(); next !== undefined; next = running.take()) {
    now = next.at;
    end(next.value);
    for (let also = running.takeAt(now); also !== undefined; also = running.takeAt(now)) end(also.value);
    give();
  }
  return { makespan: now, doneAt };
}

const blank: Omit<Candidate, 'id' | 'arch' | 'rank' | 'seconds'> = {
  kind: 'build',
  channel: 'default',
  package: null,
  owner: '',
  tag: null,
  priority: 0,
  weight: 1,
  needs: { memoryMb: 0, diskMb: 0, cores: 0, cpuLevel: 0 },
  assigned: null,
  beside: null,
  refusedBy: new Map(),
};

/**
 * What no schedule can beat: the longest path at the speed of the fastest worker, and the work of each architecture over
 * all that can do it.
 */
export function lowerBound(
  graph: Graph,
  items: readonly Item[],
  workers: readonly Worker[],
): { seconds: number; by: 'path' | 'work'; path: number; work: number } {
  const fastest = Math.max(...workers.map((one) => one.offer.speed));
  const tries = (item: Item): number => 1 + (item.failures ?? 0);
  const slowest = items.map((item) => (tries(item) * Math.max(0, ...item.seconds.values())) / fastest);
  const path = Math.max(0, ...longestPaths(graph, slowest));
  const groups = new Map<string, { seconds: number; power: number }>();
  for (const item of items) {
    for (const [arch, seconds] of item.seconds) {
      const able = workers.filter((one) => one.offer.arches.includes(arch));
      const key = able.map((one) => one.offer.worker).join(' ');
      const power = able.reduce((sum, one) => sum + one.offer.speed * one.slots, 0);
      const group = groups.get(key) ?? { seconds: 0, power };
      group.seconds += seconds * tries(item);
      groups.set(key, group);
    }
  }
  const work = Math.max(0, ...[...groups.values()].map((one) => one.seconds / one.power));
  return path >= work ? { seconds: path, by: 'path', path, work } : { seconds: work, by: 'work', path, work };
}
