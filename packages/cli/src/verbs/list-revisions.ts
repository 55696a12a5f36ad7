/** `moromi list-revisions`: the revisions of a repository, of a tag or shipped. */
import type { Hold } from '@moromi/contract';
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listRevisions: Verb = {
  name: 'list-revisions',
  takes: '<name>',
  summary: "List the revisions of a tag's build repository or of one that is shipped, newest first",
  options: [
    { flags: '--dist', summary: "a repository that is shipped, not a tag's build repository" },
    { flags: '--limit <number>', summary: 'how many at most (20)' },
  ],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const limit = options.integer('limit', 1) ?? 20;
    const page = (cursor: string | undefined) => ({
      params: { name },
      query: { limit: Math.min(limit, 500), cursor },
    });
    if (options.flag('dist')) {
      const shipped = await allPages(
        (cursor) => client.call('listDistRevisions', page(cursor), { signal }),
        limit,
      );
      if (screen.json) screen.document(shipped);
      else
        screen.table(
          [
            { head: 'Number', cell: (one) => one.number, right: true },
            { head: 'Change', cell: (one) => one.change, right: true },
            { head: 'Trees', cell: (one) => one.trees.map(({ tree }) => tree).join(',') },
            { head: 'Created', cell: (one) => moment(one.createdAt, screen) },
            { head: 'State', cell: (one) => (one.shown ? stateOf(one, screen) : 'waits for its signature') },
          ],
          shipped,
        );
      return exits.ok;
    }
    const revisions = await allPages(
      (cursor) => client.call('listRevisions', page(cursor), { signal }),
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
          { head: 'State', cell: (one) => stateOf(one, screen) },
          { head: 'Address', cell: (one) => one.url },
        ],
        revisions,
      );
    }
    return exits.ok;
  },
};

function stateOf(
  { expiredAt, holds }: { expiredAt: string | null; holds: Hold[] },
  screen: { utc: boolean },
): string {
  if (expiredAt !== null) return `expired ${moment(expiredAt, screen)}`;
  const [first] = holds.toSorted((a, b) => (a.until < b.until ? 1 : -1));
  return first === undefined ? '' : `held until ${moment(first.until, screen)}: ${first.why}`;
}
