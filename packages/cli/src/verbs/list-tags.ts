/** `moromi list-tags`: all tags. */
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listTags: Verb = {
  name: 'list-tags',
  takes: '',
  summary: 'List the tags',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const tags = await allPages((cursor) =>
      client.call('listTags', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(tags);
    else {
      screen.table(
        [
          { head: 'Name', cell: (tag) => tag.name },
          { head: 'Arches', cell: (tag) => tag.settings.arches.join(',') },
          { head: 'Inherits', cell: (tag) => tag.inherits.map(({ parent }) => parent).join(', ') },
          { head: 'Revision', cell: (tag) => tag.revision, right: true },
          { head: 'Repository', cell: (tag) => tag.repoUrl },
        ],
        tags,
      );
    }
    return exits.ok;
  },
};
