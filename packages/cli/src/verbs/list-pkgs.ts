/** `moromi list-pkgs`: entries of package lists. */
import { allPages } from '../pages.ts';
import { past, pastOptions } from '../past.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listPkgs: Verb = {
  name: 'list-pkgs',
  takes: '',
  summary: 'List packages of tags, with those who look after them',
  options: [
    { flags: '--tag <tag>', summary: 'of this tag, inherited ones included' },
    { flags: '--noinherit', summary: 'of its own list alone' },
    { flags: '--package <package>', summary: 'only this package' },
    { flags: '--owner <name>', summary: 'only those that this person looks after' },
    { flags: '--show-blocked', summary: 'blocked ones too' },
    ...pastOptions,
  ],
  async run({ client, signal, screen }, _words, options) {
    const tag = options.text('tag');
    const query = {
      tag,
      package: options.text('package'),
      owner: options.text('owner'),
      inherit: tag === undefined || options.flag('noinherit') ? undefined : true,
      blocked: options.flag('show-blocked') ? true : undefined,
      ...past(options, screen),
    };
    if (tag === undefined && query.package === undefined && query.owner === undefined)
      throw usage('list-pkgs wants --tag, --package or --owner', 'See `moromi list-pkgs --help`.');
    const items = await allPages((cursor) =>
      client.call('listPackages', { query: { ...query, limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(items);
    else
      screen.table(
        [
          { head: 'Package', cell: (one) => one.package },
          { head: 'Tag', cell: (one) => one.tag },
          { head: 'Extra arches', cell: (one) => one.extraArches.join(' ') },
          { head: 'Owner', cell: (one) => one.owner },
          ...(options.flag('show-blocked')
            ? [{ head: 'Blocked', cell: (one: { blocked: boolean }) => (one.blocked ? '[BLOCKED]' : '') }]
            : []),
        ],
        items,
      );
    return exits.ok;
  },
};
