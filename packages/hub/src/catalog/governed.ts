/**
 * Tags whose words are said elsewhere.
 *
 * Invariant: the tag of a platform or flavour says what that says, and nobody changes it by hand.
 */
import { Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { bundlesOfTags } from './bundle-queries.ts';
import type { TagFacts } from './queries.ts';

/** @throws Problem `tag_governed` */
export async function requireOwn(tx: Reader, tag: Pick<TagFacts, 'id' | 'name'>): Promise<void> {
  const [bundle] = await bundlesOfTags(tx, [tag.id]);
  if (bundle !== undefined)
    throw new Problem('tag_governed', `${tag.name} says what the ${bundle.kind} ${bundle.name} says`);
}
