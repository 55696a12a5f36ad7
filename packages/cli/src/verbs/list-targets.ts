/** `moromi list-targets`: all targets. */
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listTargets: Verb = {
  name: 'list-targets',
  takes: '',
  summary: 'List the targets',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const targets = await allPages((cursor) =>
      client.call('listTargets', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(targets);
    else {
      screen.table(
        [
          { head: 'Name', cell: (target) => target.name },
          { head: 'Build tag', cell: (target) => target.buildTag },
          { head: 'Destination', cell: (target) => target.destTag },
          { head: 'Arches', cell: (target) => target.arches.join(',') },
        ],
        targets,
      );
    }
    return exits.ok;
  },
};
