/** `moromi list-tagged`: the builds in a tag, now or as it was. */
import { past, pastOptions } from '../past.ts';
import { taggedColumns } from '../tagged.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listTagged: Verb = {
  name: 'list-tagged',
  takes: '<tag> [package]',
  summary: 'List the builds in a tag',
  options: [
    { flags: '--inherit', summary: 'inherited ones too' },
    { flags: '--latest', summary: 'of each package the latest alone' },
    ...pastOptions,
  ],
  async run({ client, signal, screen }, [name = '', only], options) {
    const query = {
      ...(options.flag('inherit') ? { inherit: true } : {}),
      ...(options.flag('latest') ? { latest: true } : {}),
      ...(only === undefined ? {} : { package: only }),
      ...past(options, screen),
    };
    const reply = await client.call('listTagged', { params: { name }, query }, { signal });
    if (screen.json) screen.document(reply);
    else {
      screen.table(taggedColumns(screen), reply.items);
      screen.note(`at change ${reply.change}`);
    }
    return exits.ok;
  },
};
