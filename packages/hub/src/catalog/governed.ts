/**
 * Tags whose words are said elsewhere.
 *
 * Invariant: the tag of a platform or flavour says what that says, and nobody changes it by hand. The settings of a tag
 * that the git catalogue says are changed there; what it holds, and from whom it inherits, is not git's.
 */
import { Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { bundlesOfTags } from './bundle-queries.ts';
import { gitTag } from './git-queries.ts';
import type { TagFacts } from './queries.ts';

type Named = Pick<TagFacts, 'id' | 'name'>;

/** @throws Problem `tag_governed` */
export async function requireOwn(tx: Reader, tag: Named): Promise<void> {
  const [bundle] = await bundlesOfTags(tx, [tag.id]);
  if (bundle !== undefined)
    throw new Problem('tag_governed', `${tag.name} says what the ${bundle.kind} ${bundle.name} says`);
}

/** Of what is about the tag's settings, or that it is there by its name. @throws Problem `tag_governed`, `git_governed` */
export async function requireOwnWords(tx: Reader, tag: Named): Promise<void> {
  await requireOwn(tx, tag);
  const commit = await gitTag(tx, tag.id);
  if (commit !== undefined)
    throw new Problem('git_governed', `the settings of the tag ${tag.name} are from git: ${commit}`);
}

/** Where a tag's words are said, if not by hand. */
export async function governorOf(tx: Reader, tag: Named): Promise<string | null> {
  const [bundle] = await bundlesOfTags(tx, [tag.id]);
  if (bundle !== undefined)
    return `${bundle.kind} ${bundle.name}${bundle.governor === null ? '' : ` (${bundle.governor})`}`;
  const commit = await gitTag(tx, tag.id);
  return commit === undefined ? null : `from git: ${commit}`;
}
