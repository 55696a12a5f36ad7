/** `moromi list-untagged`: complete builds that are in no tag. */
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listUntagged: Verb = {
  name: 'list-untagged',
  takes: '[package]',
  summary: 'List complete builds that are in no tag',
  options: [],
  async run({ client, signal, screen }, [only]) {
    const some = only === undefined ? {} : { package: only };
    const items = await allPages((cursor) =>
      client.call('listUntagged', { query: { ...some, limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(items);
    else
      screen.table(
        [
          { head: 'Build', cell: (one) => one.nvr },
          { head: 'Built by', cell: (one) => one.owner },
          { head: 'Ended', cell: (one) => moment(one.endedAt, screen) },
        ],
        items,
      );
    return exits.ok;
  },
};
