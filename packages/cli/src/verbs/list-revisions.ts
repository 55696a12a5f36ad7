/** `moromi list-revisions`: the repository revisions of a tag. */
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listRevisions: Verb = {
  name: 'list-revisions',
  takes: '<tag>',
  summary: 'List the repository revisions of a tag, newest first',
  options: [{ flags: '--limit <number>', summary: 'how many at most (20)' }],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const limit = options.integer('limit', 1) ?? 20;
    const revisions = await allPages(
      (cursor) =>
        client.call(
          'listRevisions',
          { params: { name }, query: { limit: Math.min(limit, 500), cursor } },
          { signal },
        ),
      limit,
    );
    if (screen.json) screen.document(revisions);
    else {
      screen.table(
        [
          { head: 'Number', cell: (one) => one.number, right: true },
          { head: 'Change', cell: (one) => one.change, right: true },
          { head: 'Packages', cell: (one) => one.packages, right: true },
          { head: 'Arches', cell: (one) => one.arches.join(',') },
          { head: 'Created', cell: (one) => moment(one.createdAt, screen) },
          { head: 'Address', cell: (one) => one.url },
        ],
        revisions,
      );
    }
    return exits.ok;
  },
};
