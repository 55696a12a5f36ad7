/** `moromi list-builds`: builds, newest first. */
import type { BuildState } from '@moromi/contract';
import { between, moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const states = ['building', 'complete', 'failed', 'canceled'] as const satisfies BuildState[];

export const listBuilds: Verb = {
  name: 'list-builds',
  takes: '',
  summary: 'List builds, newest first',
  options: [
    { flags: '--state <state>', summary: 'only those in this state', choices: states },
    { flags: '--package <name>', summary: 'only of this package' },
    { flags: '--mine', summary: 'only your own' },
    { flags: '--owner <name>', summary: "only this person's" },
    { flags: '--target <name>', summary: 'only for this target' },
    { flags: '--limit <number>', summary: 'how many at most (50)' },
  ],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const limit = options.integer('limit', 1) ?? 50;
    const mine = options.flag('mine') ? (await client.call('status', {}, { signal })).principal : undefined;
    const query = {
      state: options.text('state') as BuildState | undefined,
      package: options.text('package'),
      owner: mine ?? options.text('owner'),
      target: options.text('target'),
      limit: Math.min(limit, 500),
    };
    const builds = await allPages(
      (cursor) => client.call('listBuilds', { query: { ...query, cursor } }, { signal }),
      limit,
    );
    if (screen.json) screen.document(builds);
    else {
      screen.table(
        [
          { head: 'ID', cell: (one) => one.id, right: true },
          { head: 'Build', cell: (one) => one.nvr ?? one.source.name },
          { head: 'Target', cell: (one) => one.target },
          { head: 'State', cell: (one) => (one.scratch ? `${one.state} (scratch)` : one.state) },
          { head: 'Owner', cell: (one) => one.owner },
          { head: 'Task', cell: (one) => one.task, right: true },
          { head: 'Created', cell: (one) => moment(one.createdAt, screen) },
          { head: 'Took', cell: (one) => between(one.createdAt, one.endedAt), right: true },
        ],
        builds,
      );
    }
    return exits.ok;
  },
};
