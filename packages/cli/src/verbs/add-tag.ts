/** `moromi add-tag`: a new tag with its settings. */
import { packageNote, tagOptions, tagSettings } from '../tag-options.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { parents } from '../words.ts';

export const addTag: Verb = {
  name: 'add-tag',
  takes: '<name>',
  summary: 'Add a tag',
  options: [
    { flags: '--inherit <parent>', summary: 'PARENT or PARENT:PRIORITY, lower first', many: true },
    ...tagOptions,
  ],
  notes: [packageNote],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const inherits = parents(options.list('inherit'));
    const body = { name, ...(inherits.length > 0 ? { inherits } : {}), settings: tagSettings(options) };
    const tag = await client.call('createTag', { body }, { signal });
    if (screen.json) screen.document(tag);
    else screen.line(`Added tag ${tag.name} (change ${tag.change}); its repository: ${tag.repoFile}`);
    return exits.ok;
  },
};
