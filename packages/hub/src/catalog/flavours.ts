/**
 * Flavours as builds ask for them.
 *
 * Invariant: what a flavour says comes before all that the target's tags say; of several, the one that is named first. A
 * build may ask for those that a platform above its build tag allows.
 */
import { Problem, type TagSettings } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { type Bundle, bundlesOfTags, findBundle } from './bundle-queries.ts';
import { settingsOrder } from './inheritance.ts';
import type { TagFacts } from './queries.ts';
import { effectiveSettings } from './settings.ts';
import { lineageOf } from './sight.ts';

/** @throws Problem `unknown_flavour`, `flavour_not_allowed` */
export async function requireFlavours(
  tx: Reader,
  names: readonly string[],
  buildTag: TagFacts,
): Promise<Bundle<'flavour'>[]> {
  if (names.length === 0) return [];
  const { edges } = await lineageOf(tx, buildTag);
  const above = await bundlesOfTags(tx, settingsOrder(edges, buildTag.id));
  const platforms = above.filter((one): one is Bundle<'platform'> => one.kind === 'platform');
  const found: Bundle<'flavour'>[] = [];
  for (const name of new Set(names)) {
    const flavour = await findBundle(tx, 'flavour', name);
    if (flavour === undefined) throw new Problem('unknown_flavour', `there is no flavour ${name}`);
    if (!platforms.some((one) => one.words.flavours.includes(name)))
      throw new Problem(
        'flavour_not_allowed',
        platforms.length === 0
          ? `${buildTag.name} is of no platform`
          : `${platforms.map((one) => one.name).join(', ')} does not allow ${name}`,
      );
    found.push(flavour);
  }
  return found;
}

/** What holds for a tag with flavours. One that is there no more says nothing. */
export async function settingsWith(
  tx: Reader,
  tag: Pick<TagFacts, 'id'>,
  flavours: readonly string[] = [],
): Promise<TagSettings> {
  const { tags, edges } = await lineageOf(tx, tag);
  const said = [];
  for (const name of flavours) {
    const flavour = await findBundle(tx, 'flavour', name);
    if (flavour !== undefined) said.push(flavour.words.settings);
  }
  return effectiveSettings([
    ...said,
    ...settingsOrder(edges, tag.id).flatMap((id) => tags.get(id)?.settings ?? []),
  ]);
}
