/** `moromi edit-tag`: changes what a tag itself says; what it says nothing of its parents say. */
import { SettingsEdit, type Tag } from '@moromi/contract';
import { printable } from '../escape.ts';
import { packageNote, tagOptions, tagSettings } from '../tag-options.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const editTag: Verb = {
  name: 'edit-tag',
  takes: '<tag>',
  summary: 'Change settings of a tag; what is not named stays',
  options: [
    ...tagOptions,
    {
      flags: '--unset <key>',
      summary: 'give this back to its parents: a name as tag-info --json shows it, such as macros',
      many: true,
    },
  ],
  notes: [
    packageNote,
    'Lists are replaced as a whole: what is given of --macro and --dist together, of --package, --cpu-level,',
    "--external, --group or an architecture option is all that the tag itself says of it from then on. '' empties",
    "one: --package ''. What the tag's parents say of other macros, packages and levels goes on to hold.",
  ],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const settings = { ...tagSettings(options), ...unset(options.list('unset')) };
    if (Object.keys(settings).length === 0)
      throw usage('nothing is said that could be changed', 'See `moromi edit-tag --help`.');
    const before = await client.call('getTag', { params: { name } }, { signal });
    const tag = await client.call('editTag', { params: { name }, body: { settings } }, { signal });
    if (screen.json) screen.document(tag);
    else {
      screen.line(`Edited tag ${tag.name} (change ${tag.change}); \`moromi tag-info ${tag.name}\` shows it`);
      // Who names one macro may well forget that %dist is another.
      const gone = [...namesOf(before)].filter((one) => !namesOf(tag).has(one));
      if (gone.length > 0) screen.line(printable(`It no longer has ${gone.join(', ')}`));
    }
    return exits.ok;
  },
};

function unset(keys: string[]): SettingsEdit {
  const known = Object.keys(SettingsEdit.properties);
  const strange = commaList(keys).find((key) => !known.includes(key));
  if (strange !== undefined) throw usage(`--unset knows ${known.join(', ')}; not "${strange}"`);
  return Object.fromEntries(commaList(keys).map((key) => [key, null]));
}

/** What is named in the lists that hold for a tag. */
function namesOf({ settings }: Tag): Set<string> {
  return new Set([
    ...Object.keys(settings.macros).map((name) => `%${name}`),
    ...Object.keys(settings.packages).map((glob) => `settings of ${glob}`),
    ...Object.keys(settings.cpuLevels).map((arch) => `a level for ${arch}`),
    ...settings.externalRepos.map(({ name }) => `the repository ${name}`),
  ]);
}
