/** `moromi add-side-tag`, `edit-side-tag`, `remove-side-tag` and `list-side-tags`: tags of one's own, for a while. */
import type { SideTag } from '@moromi/contract';
import { tellChanged } from '../changed.ts';
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const until = ({ endsAt }: SideTag, screen: { utc: boolean }): string =>
  endsAt === null ? '' : moment(endsAt, screen);

export const addSideTag: Verb = {
  name: 'add-side-tag',
  koji: 'add-sidetag',
  takes: '<base-tag>',
  summary: 'Make a side tag of your own on a tag, with a target that builds in it',
  options: [
    { flags: '--days <number>', summary: 'when it ends (14)' },
    { flags: '--suffix <text>', summary: 'ends its name' },
  ],
  async run({ client, signal, screen }, [base = ''], options) {
    const suffix = options.text('suffix');
    const days = options.integer('days', 1, 365) ?? 14;
    const body = { base, days, ...(suffix === undefined ? {} : { suffix }) };
    const side = await client.call('createSideTag', { body }, { signal });
    if (screen.json) screen.document(side);
    else if (screen.quiet) screen.line(side.name);
    else
      screen.lines([
        `Side tag '${side.name}' was created; it ends ${until(side, screen)}`,
        `Build in it with: moromi build ${side.name} SRPM`,
      ]);
    return exits.ok;
  },
};

export const editSideTag: Verb = {
  name: 'edit-side-tag',
  koji: 'edit-sidetag',
  takes: '<side-tag>',
  summary: 'Let a side tag end at another time',
  options: [{ flags: '--days <number>', summary: 'from now (14)' }],
  async run({ client, signal, screen }, [name = ''], options) {
    const body = { days: options.integer('days', 1, 365) ?? 14 };
    const side = await client.call('editSideTag', { params: { name }, body }, { signal });
    if (screen.json) screen.document(side);
    else screen.line(`Side tag ${name} ends ${until(side, screen)}`);
    return exits.ok;
  },
};

export const removeSideTag: Verb = {
  name: 'remove-side-tag',
  koji: 'remove-sidetag',
  takes: '<side-tag>',
  summary: 'Remove a side tag with its target; its builds stay builds',
  options: [],
  async run(session, [name = '']) {
    const { client, signal } = session;
    const done = await client.call('removeSideTag', { params: { name }, body: {} }, { signal });
    return tellChanged(session, done, `Removed side tag ${name}`);
  },
};

export const listSideTags: Verb = {
  name: 'list-side-tags',
  koji: 'list-sidetags',
  takes: '',
  summary: 'List side tags',
  options: [
    { flags: '--mine', summary: 'only your own' },
    { flags: '--owner <name>', summary: "only this person's" },
    { flags: '--base <tag>', summary: 'only those on this tag' },
    { flags: '--all', summary: 'those of batches and of single buildroots too' },
  ],
  async run({ client, signal, screen }, _words, options) {
    const mine = options.flag('mine') ? (await client.call('status', {}, { signal })).principal : undefined;
    const query = {
      owner: mine ?? options.text('owner'),
      base: options.text('base'),
      all: options.flag('all') ? true : undefined,
    };
    const sides = await allPages((cursor) =>
      client.call('listSideTags', { query: { ...query, limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(sides);
    else
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          { head: 'Owner', cell: (one) => one.owner },
          { head: 'Base', cell: (one) => one.base },
          { head: 'For', cell: (one) => one.kind },
          { head: 'Ends', cell: (one) => until(one, screen) },
        ],
        sides,
      );
    return exits.ok;
  },
};
