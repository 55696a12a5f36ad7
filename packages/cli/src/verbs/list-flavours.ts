/** `moromi list-flavours`: all flavours, and which platforms allow them. */
import { allPages } from '../pages.ts';
import { externalWords } from '../platform-options.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listFlavours: Verb = {
  name: 'list-flavours',
  takes: '',
  summary: 'List the flavours',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const flavours = await allPages((cursor) =>
      client.call('listFlavours', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(flavours);
    else {
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          { head: 'Allowed by', cell: (one) => one.platforms.join(',') },
          { head: 'Repositories', cell: (one) => one.externals.map(externalWords).join(' ') },
          { head: 'Priority', cell: (one) => one.priority, right: true },
          { head: 'Settings', cell: (one) => Object.keys(one.settings).join(',') },
          { head: 'Said in', cell: (one) => one.governor ?? 'the ledger' },
        ],
        flavours,
      );
    }
    return exits.ok;
  },
};
