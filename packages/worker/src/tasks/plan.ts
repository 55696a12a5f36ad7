/**
 * A task of the kind `plan`: who of the packages to be rebuilt needs whom, found in the repositories that their
 * buildroots will see.
 *
 * Invariant: the plan depends on the order and the repositories' packages alone. One architecture is in memory at a
 * time. A package that needs its own packages gives no edge: an earlier build of it serves.
 */
import { join } from 'node:path';
import type { PlanOrder, PlanResult } from '@moromi/contract';
import { Refused } from '../failure.ts';
import { Breath } from '../plan/breath.ts';
import { type Need, Needs } from '../plan/needs.ts';
import { checkArches } from '../plan/order.ts';
import { packagesOf } from '../plan/repository.ts';
import { seconds } from './seconds.ts';
import type { Done, Work } from './work.ts';

type Edge = PlanResult['needs'][number];
type Gap = PlanResult['missing'][number];

/** The contract's bounds on what a plan may say. */
const mostEdges = 2_000_000;
const mostGaps = 100_000;
const longest = 1000;

export async function plan(work: Work): Promise<Done> {
  const order = work.lease.plan;
  if (order === undefined) throw new Refused('bad_order', 'The task brings nothing to plan.');
  checkOrder(order);
  const started = performance.now();
  /** By package and need, as one number. */
  const edges = new Map<number, Edge>();
  const gaps: Gap[] = [];
  for (const one of order.arches) await planArch(work, order, one, edges, gaps);
  const needs = [...edges].sort(([a], [b]) => a - b).map(([, edge]) => edge);
  // Stable: within a package by architecture and requirement as they were ordered.
  const missing = gaps.sort((a, b) => a.package - b.package);
  const [first] = missing;
  if (needs.length > mostEdges || (first !== undefined && missing.length > mostGaps)) {
    const example = first === undefined ? '' : `, ${first.requirement} on ${first.arch} among them`;
    throw new Refused(
      'bad_result',
      `The plan has ${needs.length} edges and ${missing.length} requirements that nothing provides${example}; at most ${mostEdges} and ${mostGaps} can be told.`,
    );
  }
  const guesses = needs.filter(({ guessed }) => guessed).length;
  work.logs.note(
    `${order.packages.length} packages: ${needs.length} edges, ${guesses} of them guessed, ${missing.length} requirements missing, ${seconds(started)} s`,
  );
  return { outcome: 'done', planned: { needs, missing } };
}

function checkOrder({ arches, packages }: PlanOrder): void {
  checkArches(arches);
  if (new Set(packages.map(({ name }) => name)).size < packages.length)
    throw new Refused('bad_order', 'A package is to be rebuilt twice.');
}

async function planArch(
  work: Work,
  { packages }: PlanOrder,
  { arch, repos }: PlanOrder['arches'][number],
  edges: Map<number, Edge>,
  gaps: Gap[],
): Promise<void> {
  const breath = new Breath(work.signal);
  const needs = new Needs(packages.map(({ name }) => name));
  for (const [at, repo] of repos.entries()) {
    const started = performance.now();
    const path = join(work.dir, `primary-${arch}-${at}`);
    let count = 0;
    for await (const pkg of packagesOf(repo, path, work.signal, (why) => work.logs.note(`${arch}: ${why}`))) {
      needs.add(pkg, repo.priority);
      count++;
      if (breath.due) await breath.take();
    }
    work.logs.note(
      `${arch}: ${repo.id}: ${count} packages, priority ${repo.priority}, ${seconds(started)} s`,
    );
  }
  const started = performance.now();
  for (const [place, { requires }] of packages.entries()) {
    const here = requires.filter((one) => one.arches.includes(arch)).flatMap((one) => one.requires);
    for (const requirement of new Set(here)) {
      const found = needs.of(requirement);
      if ('nearest' in found) gaps.push(gapOf(place, arch, requirement, found.nearest));
      // What only its own build could provide, it can never be built with.
      else if (found.some((need) => need.guessed && need.needs === place))
        gaps.push(gapOf(place, arch, requirement, needs.nearest(requirement)));
      else for (const need of found) connect(edges, packages.length, place, requirement, need);
      if (breath.due) await breath.take();
    }
  }
  const { requirements, missing } = needs.asked;
  work.logs.note(
    `${arch}: ${requirements} different requirements, ${missing} of them missing, ${seconds(started)} s`,
  );
}

/** The first requirement that is provided makes the edge, or else the first that is guessed. */
function connect(
  edges: Map<number, Edge>,
  count: number,
  place: number,
  requirement: string,
  { needs, guessed }: Need,
): void {
  if (needs === place) return;
  const key = place * count + needs;
  const known = edges.get(key);
  if (known !== undefined && (!known.guessed || guessed)) return;
  edges.set(key, { package: place, needs, requirement: requirement.slice(0, longest), guessed });
}

function gapOf(place: number, arch: string, requirement: string, nearest: string | null): Gap {
  return {
    package: place,
    arch,
    requirement: requirement.slice(0, longest),
    nearest: nearest?.slice(0, longest) ?? null,
  };
}
