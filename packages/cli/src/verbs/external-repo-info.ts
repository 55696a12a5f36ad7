/** `moromi external-repo-info`, `list-external-repos`: what is known of external repositories, and what ails them. */
import type { External, ExternalArch } from '@moromi/contract';
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import type { Screen } from '../screen.ts';
import { fields } from '../table.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listExternalRepos: Verb = {
  name: 'list-external-repos',
  takes: '',
  summary: 'List external repositories, or those that a tag merges, in their order',
  options: [
    { flags: '-t, --tag <tag>', summary: 'of this tag' },
    { flags: '--inherit', summary: 'with what it inherits' },
    { flags: '--used', summary: 'only those that a tag merges' },
  ],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const tag = options.text('tag');
    if (tag === undefined && options.flag('inherit')) throw usage('--inherit is about a --tag');
    if (tag !== undefined) {
      const query = { inherit: options.flag('inherit') };
      const { items } = await client.call('listAttachments', { params: { name: tag }, query }, { signal });
      if (screen.json) screen.document(items);
      else
        screen.table(
          [
            { head: 'Name', cell: (one) => one.external },
            { head: 'Tag', cell: (one) => one.tag },
            { head: 'Priority', cell: (one) => String(one.priority) },
            { head: 'Mode', cell: (one) => one.mode },
            { head: 'Arches', cell: (one) => one.arches?.join(',') ?? '(all)' },
          ],
          items,
        );
      return exits.ok;
    }
    const all = await allPages((cursor) =>
      client.call('listExternals', { query: { limit: 500, cursor } }, { signal }),
    );
    const found = options.flag('used') ? all.filter((one) => one.tags.length > 0) : all;
    if (screen.json) screen.document(found);
    else
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          { head: 'Where', cell: (one) => one.metalink ?? one.mirrorlist ?? one.url },
          { head: 'Tags', cell: (one) => one.tags.map((each) => each.tag).join(',') },
          {
            head: 'Trouble',
            cell: (one) => one.arches.find((each) => each.trouble !== null)?.trouble?.code ?? null,
          },
        ],
        found,
      );
    return exits.ok;
  },
};

export const externalRepoInfo: Verb = {
  name: 'external-repo-info',
  takes: '<name>',
  summary: 'Show an external repository: what was read of it, and what ails it',
  options: [],
  async run(session, [name = ''], _options) {
    const { client, signal, screen } = session;
    const external = await client.call('getExternal', { params: { name } }, { signal });
    if (screen.json) screen.document(external);
    else {
      show(screen, external);
      for (const other of external.others) {
        screen.lines(['', `Settings of tags mean another by ${name}:`]);
        show(screen, other);
      }
    }
    return exits.ok;
  },
};

function show(screen: Screen, one: External): void {
  const checks = [
    one.checkRepoKey ? 'that repomd.xml is signed' : '',
    one.checkPackages ? 'that packages are signed' : '',
  ].filter(Boolean);
  screen.lines(
    fields([
      ['Name', one.name],
      ['Address', one.url],
      ['Mirror list', one.mirrorlist],
      ['Metalink', one.metalink],
      ['Keys', one.keys.map((key) => `${key.fingerprint} ${key.userId}`).join(', ')],
      ['Checks', checks.join(', ')],
      ['Looked at', one.refreshMinutes === 0 ? 'when asked' : `every ${one.refreshMinutes} minutes`],
      ['Tags', one.tags.map((each) => `${each.tag} (${each.mode}, ${each.priority})`).join(', ')],
      ...one.arches.flatMap((arch) => archLines(screen, arch)),
    ]),
  );
}

function archLines(screen: Screen, one: ExternalArch): [string, string | null][] {
  const { snapshot, trouble } = one;
  const name = one.arch === '' ? 'All arches' : one.arch;
  const has =
    snapshot === null
      ? 'nothing was read yet'
      : `${snapshot.packages} packages (+${snapshot.added} -${snapshot.removed}), number ${snapshot.number} of ${moment(snapshot.foundAt, screen)}, from ${snapshot.mirror}`;
  const bad =
    trouble === null ? null : `${trouble.code} since ${moment(trouble.since, screen)}: ${trouble.message}`;
  return [
    [name, has],
    [
      '  checked',
      `${moment(one.checkedAt, screen) || 'never'}, again ${moment(one.nextAt, screen) || 'when asked'}`,
    ],
    ['  trouble', bad],
  ];
}
