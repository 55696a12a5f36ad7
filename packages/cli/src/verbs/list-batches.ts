/** `moromi list-batches`. */
import { countWords } from '../batch.ts';
import { moment } from '../figures.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const states = ['planning', 'planned', 'running', 'paused', 'done', 'failed', 'canceled'] as const;

export const listBatches: Verb = {
  name: 'list-batches',
  takes: '',
  summary: 'List chains and batches, newest first',
  options: [
    { flags: '--state <state>', summary: 'only these', choices: states },
    { flags: '--owner <owner>', summary: 'only of this owner' },
    { flags: '--limit <number>', summary: 'how many (50)' },
  ],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const state = states.find((one) => one === options.text('state'));
    const owner = options.text('owner');
    const query = {
      limit: options.integer('limit', 1, 500) ?? 50,
      ...(state === undefined ? {} : { state }),
      ...(owner === undefined ? {} : { owner }),
    };
    const { items } = await client.call('listBatches', { query }, { signal });
    if (screen.json) screen.document(items);
    else
      screen.table(
        [
          { head: 'Batch', cell: (one) => one.id, right: true },
          { head: 'Kind', cell: (one) => one.kind },
          { head: 'State', cell: (one) => one.state },
          { head: 'Owner', cell: (one) => one.owner },
          { head: 'Targets', cell: (one) => one.targets.join(',') },
          { head: 'Builds', cell: (one) => countWords(one.counts) },
          { head: 'Created', cell: (one) => moment(one.createdAt, screen) },
          { head: 'Ended', cell: (one) => moment(one.endedAt, screen) },
        ],
        items,
      );
    return exits.ok;
  },
};
