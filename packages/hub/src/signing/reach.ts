/** Which tags a tag looks into for builds. */
import { edges, inheritanceOrder, newestChange } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';

/** @returns for a tag, itself and all that it inherits builds from */
export async function inheritanceOf(tx: Reader): Promise<(tag: number) => ReadonlySet<number>> {
  const links = await edges(tx, await newestChange(tx));
  return (tag) => new Set(inheritanceOrder(links, tag));
}
