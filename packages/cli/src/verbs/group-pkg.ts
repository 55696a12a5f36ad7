/** `moromi add-group-pkg`, `remove-group-pkg` and `list-groups`: what stands in the roots of a tag before a package asks. */
import type { TagSettings } from '@moromi/contract';
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

async function alter(
  { client, signal, screen }: Session,
  name: string,
  word: string,
  next: (before: string[]) => string[],
): Promise<number> {
  const group = groupOf(word);
  const { settings } = await client.call('getTagConfiguration', { params: { name }, query: {} }, { signal });
  const made = { ...settings.groups, [group]: next(settings.groups[group]) };
  const tag = await client.call(
    'editTag',
    { params: { name }, body: { settings: { groups: made } } },
    { signal },
  );
  if (screen.json) screen.document(tag.settings.groups);
  else
    screen.line(`Group ${word} of ${name}: ${tag.settings.groups[group].join(' ')} (change ${tag.change})`);
  return exits.ok;
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
    alter(session, name, group, (before) => before.filter((one) => !packages.includes(one))),
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
