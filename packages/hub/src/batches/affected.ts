/**
 * What a change touches: it, and what needs it, so far as is asked.
 *
 * Invariant: pure. What is tried waits for nothing but what is tried with it: the rest is built after it, with it.
 */
import type { PlanResult } from '@moromi/contract';
import type { RebuildRequest } from './rebuild-request.ts';

/**
 * @param needs who needs whom, as places in a list
 * @param depth how many steps away from the changed; null: however many
 * @returns places, in order
 */
export function affected(
  needs: readonly { package: number; needs: number }[],
  changed: readonly number[],
  depth: number | null,
): number[] {
  const users = Map.groupBy(needs, (one) => one.needs);
  const found = new Set(changed);
  let edge: readonly number[] = changed;
  for (let step = 0; edge.length > 0 && (depth === null || step < depth); step++) {
    const next = edge.flatMap((one) => (users.get(one) ?? []).map((use) => use.package));
    edge = [...new Set(next)].filter((one) => !found.has(one));
    for (const one of edge) found.add(one);
  }
  return [...found].toSorted((a, b) => a - b);
}

/** What nothing provides yet, another of the changes may bring: those that lack something come after those that do not. */
function together(changed: ReadonlySet<number>, missing: PlanResult['missing']): PlanResult['needs'] {
  const lacking = new Map(missing.map((one) => [one.package, one.requirement]));
  const first = [...changed].filter((one) => !lacking.has(one));
  return [...lacking].flatMap(([place, requirement]) =>
    changed.has(place)
      ? first.map((one) => ({ package: place, needs: one, requirement, guessed: true }))
      : [],
  );
}

/** A try's request and plan without the packages that its change does not touch; any other's as it is. */
export function narrow(request: RebuildRequest, result: PlanResult): RebuildRequest & { result: PlanResult } {
  const { tried, packages } = request;
  if (tried === undefined) return { ...request, result };
  const changed = new Set(packages.flatMap(({ name }, place) => (tried.names.includes(name) ? [place] : [])));
  const needs = [
    ...result.needs.filter((one) => !changed.has(one.package) || changed.has(one.needs)),
    ...together(changed, result.missing),
  ];
  const kept = affected(needs, [...changed], tried.depth);
  const places = new Map(kept.map((old, place) => [old, place]));
  const moved = <T extends { package: number }>(list: readonly T[]): T[] =>
    list.flatMap((one) => {
      const place = places.get(one.package);
      return place === undefined ? [] : [{ ...one, package: place }];
    });
  return {
    ...request,
    packages: packages.filter((_, place) => places.has(place)),
    result: {
      needs: moved(needs).flatMap((one) => {
        const place = places.get(one.needs);
        return place === undefined ? [] : [{ ...one, needs: place }];
      }),
      missing: moved(result.missing),
    },
  };
}
