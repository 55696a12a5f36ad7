/**
 * What a repository has beside the lists of its packages, and in which trees: comps, modules, advisories, a product id.
 *
 * Invariant: pure. Of a type a tree has one record: the one that was given for it, else the one that was given for all.
 */
import { type DistDefinition, type DistRecord, Problem } from '@moromi/contract';
import { treesOf } from './choose.ts';

export function withRecord(records: readonly DistRecord[], added: DistRecord): DistRecord[] {
  return [...records.filter((one) => !isInPlaceOf(one, added)), added];
}

/** @param trees those for which it was given; undefined for the one of all trees */
export function withoutRecord(
  records: readonly DistRecord[],
  type: string,
  trees: readonly string[] | undefined,
): DistRecord[] {
  const removed = { type, ...(trees === undefined ? {} : { trees: [...trees] }) };
  const left = records.filter((one) => !isInPlaceOf(one, removed));
  if (left.length === records.length) {
    const where = trees === undefined ? 'for all trees' : `for ${trees.join(', ')}`;
    throw new Problem('unknown_record', `the repository has no record ${type} ${where}`);
  }
  return left;
}

function isInPlaceOf(
  one: Pick<DistRecord, 'type' | 'trees'>,
  other: Pick<DistRecord, 'type' | 'trees'>,
): boolean {
  const [a, b] = [one, other].map(({ trees }) => (trees === undefined ? '' : [...trees].sort().join(' ')));
  return one.type === other.type && a === b;
}

/** Groups and product ids are of what is installed, so not of sources and debugging information. */
export function recordsOfTree(records: readonly DistRecord[], tree: string): DistRecord[] {
  const found = new Map<string, DistRecord>();
  for (const one of records) {
    if (one.trees?.includes(tree)) found.set(one.type, one);
    else if (one.trees === undefined && isOf(one.type, tree) && !found.has(one.type))
      found.set(one.type, one);
  }
  return [...found.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function isOf(type: string, tree: string): boolean {
  return tree.endsWith('/os') || (type !== 'group' && type !== 'productid');
}

/** Throws Problem bad_request. */
export function checkRecords(definition: DistDefinition): void {
  const { records } = definition;
  const bad = records.find((one) => /^(primary|filelists|other)([_-]|$)/.test(one.type));
  if (bad !== undefined) throw new Problem('bad_request', `the record ${bad.type} is made of the packages`);
  const trees = treesOf(definition);
  const foreign = records.flatMap((one) => one.trees ?? []).find((tree) => !trees.includes(tree));
  if (foreign !== undefined)
    throw new Problem('bad_request', `there is no tree ${foreign}; there are ${trees.join(', ')}`);
  const seen = new Set<string>();
  for (const { type, trees: only = ['all trees'] } of records)
    for (const tree of only) {
      const at = `${type} ${tree}`;
      if (seen.has(at)) throw new Problem('bad_request', `${tree} would have two records ${type}`);
      seen.add(at);
    }
}
