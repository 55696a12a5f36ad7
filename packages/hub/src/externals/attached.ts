/**
 * Which external repositories a tag merges, in their order.
 *
 * Invariant: it is a function of the tag and the change alone. As in Koji the nearest tag comes first, and what one tag
 * says by its priorities; of a name the nearest word counts. What is behind a `noconfig` link says nothing. A setting
 * `externalRepos` is an external repository that is attached in `koji` mode; beside one of the same name that is attached
 * to the same tag it counts for nothing.
 */
import type { Attachment, MergeMode } from '@moromi/contract';
import { lineageOf, settingsOrder, type TagFacts } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import {
  attachmentsAt,
  type Definition,
  type ExternalFacts,
  externalsById,
  externalsOfSettings,
} from './queries.ts';

export interface Attached {
  name: string;
  /** The tag that says it. */
  tag: TagFacts;
  priority: number;
  mode: MergeMode;
  arches: string[] | null;
  /** Undefined where a setting says it and nobody has begun to look after it. */
  external: ExternalFacts | undefined;
  definition: Definition;
}

/** @param inherit also what its ancestors say */
export async function attachedTo(
  reader: Reader,
  tag: Pick<TagFacts, 'id'>,
  change: number,
  inherit = true,
): Promise<Attached[]> {
  const { tags, edges } = await lineageOf(reader, tag, change);
  const order = inherit ? settingsOrder(edges, tag.id) : [tag.id];
  const said = Map.groupBy(await attachmentsAt(reader, order, change), (one) => one.tag);
  const settings = order.flatMap((id) => tags.get(id)?.settings.externalRepos ?? []);
  if (said.size === 0 && settings.length === 0) return [];
  const known = await externalsById(
    reader,
    [...said.values()].flat().map((one) => one.external),
  );
  const ofSettings = new Map(
    (await externalsOfSettings(reader, settings)).map((one) => [`${one.name} ${one.definition.url}`, one]),
  );
  const found = new Map<string, Attached>();
  for (const id of order) {
    const says = tags.get(id);
    if (says === undefined) continue;
    const own: Attached[] = (said.get(id) ?? []).flatMap(({ external, ...one }) => {
      const facts = known.get(external);
      return facts === undefined ? [] : { ...one, tag: says, external: facts, definition: facts.definition };
    });
    for (const { name, url, priority } of says.settings.externalRepos ?? []) {
      if (own.some((one) => one.name === name)) continue;
      const external = ofSettings.get(`${name} ${url}`);
      const definition = external?.definition ?? definitionOf({ url });
      own.push({ name, tag: says, priority, mode: 'koji', arches: null, external, definition });
    }
    own.sort((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1));
    for (const one of own) if (!found.has(one.name)) found.set(one.name, one);
  }
  return [...found.values()];
}

/** Whatever is not said is as usual: looked at every hour, nothing checked but hashes. */
export function definitionOf(said: Partial<Definition>): Definition {
  return {
    url: null,
    mirrorlist: null,
    metalink: null,
    keys: [],
    certificates: [],
    checkRepoKey: false,
    checkPackages: false,
    refreshMinutes: 60,
    ...said,
  };
}

/** Under which architecture it is looked after for a tree: none where its address is the same for all. */
export function archFor(
  definition: Pick<Definition, 'url' | 'mirrorlist' | 'metalink'>,
  tree: string,
): string {
  const { url, mirrorlist, metalink } = definition;
  return [url, mirrorlist, metalink].some((one) => /\$(base)?arch\b/.test(one ?? '')) ? tree : '';
}

export function showAttached(one: Attached): Attachment {
  return {
    external: one.name,
    tag: one.tag.name,
    priority: one.priority,
    mode: one.mode,
    arches: one.arches,
    setting: one.external?.setting ?? true,
  };
}
