/** `moromi list-quotas`: how many tasks owners and tags may have running at once. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listQuotas: Verb = {
  name: 'list-quotas',
  takes: '',
  summary: 'List how many tasks owners and tags may have running at once, and how many they have',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const { items } = await client.call('listQuotas', {}, { signal });
    if (screen.json) screen.document(items);
    else {
      screen.table(
        [
          { head: 'Of', cell: (one) => one.subject },
          { head: 'Name', cell: (one) => one.name },
          { head: 'Tasks', cell: (one) => one.tasks, right: true },
          { head: 'Running', cell: (one) => one.running, right: true },
        ],
        items,
      );
    }
    return exits.ok;
  },
};
