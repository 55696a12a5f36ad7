/** `moromi list-dist-repos`: all repositories that are shipped. */
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listDistRepos: Verb = {
  name: 'list-dist-repos',
  takes: '',
  summary: 'List the repositories that are shipped',
  options: [],
  async run({ client, signal, screen }) {
    const repos = await allPages((cursor) =>
      client.call('listDists', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(repos);
    else
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          { head: 'Tag', cell: (one) => one.tag },
          { head: 'Arches', cell: (one) => one.definition.arches.join(',') },
          { head: 'Keys', cell: (one) => one.definition.keys.join(',') },
          { head: 'Revision', cell: (one) => one.revision?.number ?? '', right: true },
          { head: 'Made', cell: (one) => moment(one.revision?.createdAt ?? null, screen) },
        ],
        repos,
      );
    return exits.ok;
  },
};
