/**
 * A rebuild's plan with its items: what a worker found out, with the durations that are known and the fleet as it is.
 *
 * Invariant: it reads the ledger and changes nothing.
 */
import type { Failure, PlanResult } from '@moromi/contract';
import { longestChain, longestPaths, lowerBound } from '@moromi/schedule';
import { settingsOf, type TargetFacts } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';
import { expectedBuilds } from '../tasks/index.ts';
import { type PlannedItem, unfold } from './cycles.ts';
import { fleetOf, secondsLeft } from './forecast.ts';
import type { BatchFacts } from './queries.ts';
import type { RebuildRequest } from './rebuild-request.ts';

export interface Draft {
  plan: NonNullable<BatchFacts['plan']>;
  items: PlannedItem[];
  seconds: number[];
  paths: number[];
  /** By package. */
  failures: Map<number, Failure>;
}

export async function draftOf(
  tx: Tx,
  target: TargetFacts,
  request: RebuildRequest,
  result: PlanResult,
): Promise<Draft> {
  const names = request.packages.map((one) => one.name);
  const graph = names.map(() => [] as number[]);
  for (const { package: node, needs } of result.needs) graph[node]?.push(needs);
  const { items, cycles } = unfold(names, graph, request.bootstrap ?? [], request.cycles ?? 'refuse');
  const { arches } = await settingsOf(tx, target.buildTag);
  const known = await expectedBuilds(tx, names, arches);
  const each = names.map((name) => known.get(name) ?? { seconds: 0, guessed: true });
  const seconds = items.map((item) => each[item.package]?.seconds ?? 0);
  const needs = items.map((item) => item.needs);
  const isWhole = cycles.every((one) => one.broken !== 'not');
  const paths = isWhole ? longestPaths(needs, seconds) : seconds.map(() => 0);
  const fleet = await fleetOf(tx);
  const left = items.map((item, at) => ({
    id: at,
    needs: item.needs,
    seconds: seconds[at] ?? 0,
    after: (paths[at] ?? 0) - (seconds[at] ?? 0),
    arches,
  }));
  const works = seconds.map((one) => ({ seconds: new Map(arches.map((arch) => [arch, one])) }));
  const makespan = isWhole ? secondsLeft(left, fleet) : null;
  const bound = makespan === null ? null : lowerBound(needs, works, fleet);
  const chain = isWhole ? longestChain(needs, paths) : [];
  return {
    items,
    seconds,
    paths,
    failures: missingOf(result),
    plan: {
      packages: names.length,
      edges: graph.reduce((sum, one) => sum + one.length, 0),
      cycles,
      missing: result.missing.map((one) => ({ ...one, package: names[one.package] ?? '' })),
      makespanSeconds: makespan,
      bound: bound === null ? null : { by: bound.by, pathSeconds: bound.path, workSeconds: bound.work },
      chain: chain.map((at) => ({
        package: names[items[at]?.package ?? 0] ?? '',
        seconds: seconds[at] ?? 0,
      })),
      guessed: each.filter((one) => one.guessed).length,
    },
  };
}

function missingOf({ missing }: PlanResult): Map<number, Failure> {
  const byPackage = Map.groupBy(missing, (one) => one.package);
  return new Map(
    [...byPackage].map(([node, list]) => {
      const named = list.map(({ requirement, arch, nearest }) => {
        const hint = nearest === null ? '' : `; the nearest is ${nearest}`;
        return `${requirement} on ${arch}${hint}`;
      });
      const message = `nothing provides ${named.join(', ')}`.slice(0, 4000);
      return [node, { code: 'buildrequires_missing', message, fault: 'package' as const }];
    }),
  );
}
