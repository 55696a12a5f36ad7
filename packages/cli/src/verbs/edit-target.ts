/** `moromi edit-target`: where a target leads, and by which names. */
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const editTarget: Verb = {
  name: 'edit-target',
  takes: '<target>',
  summary: 'Change a target; what is not named stays',
  options: [
    { flags: '--rename <name>', summary: 'its name; the old one becomes an alias' },
    { flags: '--build-tag <tag>', summary: 'what its builds see' },
    { flags: '--dest-tag <tag>', summary: 'where its builds go' },
    { flags: '--alias <name>', summary: 'another name that leads to it', many: true },
    { flags: '--remove-alias <name>', summary: 'a name that does so no longer', many: true },
  ],
  notes: ['Builds that are running go where it leads when they end.'],
  async run({ client, signal, screen }, [name = ''], options) {
    const said = {
      name: options.text('rename'),
      buildTag: options.text('build-tag'),
      destTag: options.text('dest-tag'),
      addAliases: given(options.list('alias')),
      removeAliases: given(options.list('remove-alias')),
    };
    const body = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    if (Object.keys(body).length === 0)
      throw usage('nothing is said that could be changed', 'See `moromi edit-target --help`.');
    const target = await client.call('editTarget', { params: { name }, body }, { signal });
    if (screen.json) screen.document(target);
    else screen.line(`Edited target ${target.name}: ${target.buildTag} -> ${target.destTag}`);
    return exits.ok;
  },
};

const given = (texts: string[]): string[] | undefined => (texts.length === 0 ? undefined : commaList(texts));
