/** `moromi list-workers`: the fleet. */
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listWorkers: Verb = {
  name: 'list-workers',
  koji: 'list-hosts',
  takes: '',
  summary: 'List the workers and what they do',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const workers = await allPages((cursor) =>
      client.call('listWorkers', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(workers);
    else {
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          {
            head: 'State',
            cell: (one) => (one.standing === 'enabled' ? one.state : `${one.state}, ${one.standing}`),
          },
          { head: 'Kinds', cell: (one) => one.offer.kinds.join(',') },
          { head: 'Arches', cell: (one) => one.offer.arches.join(',') },
          { head: 'Busy', cell: (one) => `${one.tasks.length}/${one.offer.slots}`, right: true },
          { head: 'Driver', cell: (one) => one.offer.driver },
          { head: 'Version', cell: (one) => one.offer.version },
          { head: 'Last seen', cell: (one) => moment(one.lastSeenAt, screen) },
          { head: 'Tasks', cell: (one) => one.tasks.join(', ') },
        ],
        workers,
      );
    }
    return exits.ok;
  },
};
