/** `moromi list-tagged`: the builds in a tag, now or at a past change. */
import { moment } from '../figures.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listTagged: Verb = {
  name: 'list-tagged',
  takes: '<tag>',
  summary: 'List the builds in a tag',
  options: [
    { flags: '--inherit', summary: 'inherited ones too' },
    { flags: '--change <number>', summary: 'as it was at this change of the catalogue' },
  ],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const query = {
      ...(options.flag('inherit') ? { inherit: true } : {}),
      change: options.integer('change'),
    };
    const reply = await client.call('listTagged', { params: { name }, query }, { signal });
    if (screen.json) screen.document(reply);
    else {
      screen.table(
        [
          { head: 'Build', cell: (one) => one.nvr },
          { head: 'Tag', cell: (one) => one.tag },
          { head: 'Built by', cell: (one) => one.owner },
          { head: 'Tagged', cell: (one) => moment(one.taggedAt, screen) },
        ],
        reply.items,
      );
      screen.note(`at change ${reply.change}`);
    }
    return exits.ok;
  },
};
