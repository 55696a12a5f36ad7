/** `moromi stats`: what waits in each queue, and who is there for it, in the words of Reimzul's users. */
import { moment } from '../figures.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const stats: Verb = {
  name: 'stats',
  takes: '',
  summary: 'Show the queues: tasks that are ready, held and running, and the workers for them',
  options: [],
  notes: [
    'Ready lacks nothing but a worker; held waits for other tasks or for a time. Watchers are free slots.',
  ],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const { items } = await client.call('stats', {}, { signal });
    if (screen.json) screen.document(items);
    else {
      screen.table(
        [
          { head: 'Kind', cell: (one) => one.kind },
          { head: 'Arch', cell: (one) => one.arch },
          { head: 'Channel', cell: (one) => one.channel },
          { head: 'Ready', cell: (one) => one.ready, right: true },
          { head: 'Held', cell: (one) => one.held, right: true },
          { head: 'Running', cell: (one) => one.running, right: true },
          { head: 'Workers', cell: (one) => one.workers, right: true },
          { head: 'Watchers', cell: (one) => one.watchers, right: true },
          { head: 'Oldest waits since', cell: (one) => moment(one.oldest, screen) },
        ],
        items,
      );
    }
    return exits.ok;
  },
};
