/** `moromi list-platforms`: all platforms. */
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listPlatforms: Verb = {
  name: 'list-platforms',
  takes: '',
  summary: 'List the platforms',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const platforms = await allPages((cursor) =>
      client.call('listPlatforms', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(platforms);
    else {
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          { head: '%dist', cell: (one) => one.dist ?? '' },
          { head: 'Arches', cell: (one) => one.arches.join(',') },
          { head: 'Weak', cell: (one) => one.weakArches.join(',') },
          { head: 'Targets', cell: (one) => one.targets.map((target) => target.name).join(',') },
          { head: 'Flavours', cell: (one) => one.flavours.join(',') },
        ],
        platforms,
      );
    }
    return exits.ok;
  },
};
