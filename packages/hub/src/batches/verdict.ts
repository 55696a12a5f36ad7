/**
 * What became of a try.
 *
 * Invariant: pure. A package broke where it builds without the change and not with it; where neither can be said for
 * certain, that is said.
 */
import type { Broken, ClosureResult, Verdict } from '@moromi/contract';
import type { ItemFacts } from './queries.ts';

export function verdictOf(
  items: readonly Pick<ItemFacts, 'label' | 'state' | 'stage' | 'build' | 'failure'>[],
  closure: ClosureResult | null,
): Verdict {
  const baselines = new Map(
    items.filter((item) => item.stage === 'baseline').map((item) => [item.label, item]),
  );
  const changes: Broken[] = [];
  const broke: Broken[] = [];
  const brokeBefore: Broken[] = [];
  const unclear: Broken[] = [];
  for (const { label, state, stage, build, failure } of items) {
    if (stage === 'baseline' || state === 'done' || state === 'skipped') continue;
    const baseline = baselines.get(label);
    const one = { package: label, build, baseline: baseline?.build ?? null, failure };
    const isOwn = state === 'failed' && failure?.fault === 'package';
    if (stage === 'change') changes.push(one);
    // The plan was made of the repositories without the change: what it found missing there was missing before.
    else if (failure?.code === 'buildrequires_missing' && build === null) brokeBefore.push(one);
    else if (isOwn && baseline?.state === 'done') broke.push(one);
    else if (
      isOwn &&
      baseline?.state === 'failed' &&
      baseline.build !== null &&
      baseline.failure?.fault === 'package'
    )
      brokeBefore.push(one);
    else unclear.push(one);
  }
  const isWhole = closure?.unmet.every((one) => one.before) === true;
  const good = changes.length === 0 && broke.length === 0 && unclear.length === 0 && isWhole;
  return { good, changes, broke, brokeBefore, unclear, closure };
}
