/** A try from its request to its plan; from there it is a rebuild into a side tag. */
import { type NewTry, Problem } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';
import type { BatchFacts } from './queries.ts';
import { requestRebuild } from './rebuild.ts';
import type { RebuildPackage } from './rebuild-request.ts';

/** @param packages what is tried, and everything that may need it */
export async function requestTry(
  tx: Tx,
  { depth = 1, ...wanted }: Omit<NewTry, 'sources'>,
  {
    changed,
    others,
    since,
  }: { changed: readonly RebuildPackage[]; others: readonly RebuildPackage[]; since: number },
  owner: string,
  mayHurry: boolean,
): Promise<BatchFacts> {
  if (wanted.options?.scratch === true)
    throw new Problem('bad_request', 'a try keeps its builds in a side tag: scratch builds are in none');
  if (wanted.options?.skipIdentical === true)
    throw new Problem('bad_request', 'a try builds all that it touches: nothing of it is skipped');
  const names = changed.map((one) => one.name);
  const rest = others.filter((one) => !names.includes(one.name));
  return await requestRebuild(
    tx,
    {
      ...wanted,
      packages: [...changed, ...rest],
      tried: { names, depth },
      since,
      side: true,
      cycles: 'old',
      onFailure: 'go-on',
    },
    owner,
    mayHurry,
  );
}
