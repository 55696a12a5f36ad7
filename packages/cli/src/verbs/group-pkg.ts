/** `moromi add-group-pkg`, `remove-group-pkg` and `list-groups`: what stands in the roots of a tag before a package asks. */
import { Problem, type TagSettings } from '@moromi/contract';
import type { Session } from '../session.ts';
import { fields } from '../table.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

type Group = keyof TagSettings['groups'];
const groups: Record<string, Group> = { build: 'build', 'srpm-build': 'srpmBuild' };

function groupOf(word: string): Group {
  const group = Object.hasOwn(groups, word) ? groups[word] : undefined;
  if (group === undefined) throw usage(`a tag has the groups build and srpm-build, not "${word}"`);
  return group;
}

/** How often a tag is looked at that others edit meanwhile. */
const mostTimes = 20;

/** @param idle said where nothing comes of it; without it a change is made all the same */
async function alter(
  { client, signal, screen }: Session,
  name: string,
  word: string,
  next: (before: string[]) => string[],
  idle?: string,
): Promise<number> {
  const group = groupOf(word);
  for (let time = 1; ; time++) {
    const configuration = await client.call(
      'getTagConfiguration',
      { params: { name }, query: {} },
      { signal },
    );
    const { change: seen, settings } = configuration;
    const before = settings.groups[group];
    const after = next(before);
    if (idle !== undefined && after.length === before.length) {
      if (screen.json) screen.document(settings.groups);
      else screen.line(`${idle} ${word} of ${name}; nothing was changed`);
      return exits.ok;
    }
    const body = { settings: { groups: { ...settings.groups, [group]: after } }, seen };
    try {
      const tag = await client.call('editTag', { params: { name }, body }, { signal });
      const now = tag.settings.groups;
      if (screen.json) screen.document(now);
      else screen.line(`Group ${word} of ${name}: ${now[group].join(' ')} (change ${tag.change})`);
      return exits.ok;
    } catch (error) {
      // Somebody else was at it: what they did stays.
      if (!(error instanceof Problem && error.code === 'tag_changed') || time === mostTimes) throw error;
    }
  }
}

export const addGroupPkg: Verb = {
  name: 'add-group-pkg',
  takes: '<tag> <group> <package...>',
  summary: "Add packages to a tag's group build or srpm-build",
  options: [],
  notes: ['What the tag has taken over from its parents it says itself from then on.'],
  run: (session, [name = '', group = '', ...packages]) =>
    alter(session, name, group, (before) => [...new Set([...before, ...packages])]),
};

export const removeGroupPkg: Verb = {
  name: 'remove-group-pkg',
  koji: 'block-group-pkg',
  takes: '<tag> <group> <package...>',
  summary: "Take packages out of a tag's group build or srpm-build",
  options: [],
  run: (session, [name = '', group = '', ...packages]) =>
    alter(
      session,
      name,
      group,
      (before) => before.filter((one) => !packages.includes(one)),
      'None of that stands in group',
    ),
};

export const listGroups: Verb = {
  name: 'list-groups',
  takes: '<tag>',
  summary: 'Show what stands in the roots of a tag',
  options: [],
  async run({ client, signal, screen }, [name = '']) {
    const { settings } = await client.call(
      'getTagConfiguration',
      { params: { name }, query: {} },
      { signal },
    );
    if (screen.json) screen.document(settings.groups);
    else
      screen.lines(
        fields([
          ['build', settings.groups.build.join(' ')],
          ['srpm-build', settings.groups.srpmBuild.join(' ')],
        ]),
      );
    return exits.ok;
  },
};
