/** `moromi dist-repo-info`: what a repository that is shipped is made of, and its newest revision. */
import type { DistRepo } from '@moromi/contract';
import { moment } from '../figures.ts';
import { scriptLines, showScripts } from '../script-view.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const distRepoInfo: Verb = {
  name: 'dist-repo-info',
  takes: '<name>',
  summary: 'Show what a repository that is shipped is made of, and its newest revision',
  options: [],
  async run({ client, signal, screen }, [name = '']) {
    const repo = await client.call('getDist', { params: { name } }, { signal });
    if (screen.json) {
      screen.document(repo);
      return exits.ok;
    }
    for (const [head, said] of rows(repo)) screen.line(`${`${head}:`.padEnd(14)} ${said}`);
    const { revision } = repo;
    if (revision === null) {
      screen.line('It has no revision yet.');
      return exits.ok;
    }
    screen.line(`Revision:      ${revision.number}, ${moment(revision.createdAt, screen)}`);
    screen.table(
      [
        { head: 'Tree', cell: (one) => one.tree },
        { head: 'Packages', cell: (one) => one.packages, right: true },
        { head: 'Address', cell: (one) => one.url },
      ],
      revision.trees,
    );
    const { items: scripts } = await client.call('listRepoScripts', { query: { repo: name } }, { signal });
    if (scripts.length > 0) {
      screen.line('');
      screen.line('After its revisions:');
      showScripts(screen, scripts);
      for (const one of scripts) screen.lines(scriptLines(one, (time) => moment(time, screen)));
    }
    if (revision.unsigned.length > 0) {
      screen.line('');
      screen.line('Not as they should be there, since packages are not signed:');
      screen.table(
        [
          { head: 'Build', cell: (one) => one.nvr },
          { head: 'Instead', cell: (one) => one.instead ?? '-' },
          {
            head: 'Not signed',
            cell: (one) => (one.count > 1 ? `${one.first} and ${one.count - 1} more` : one.first),
          },
        ],
        revision.unsigned,
      );
    }
    return exits.ok;
  },
};

function rows({ tag, definition, repoFile, task }: DistRepo): [string, string][] {
  const { arches, keys, unsigned, repoKey, layout, compression, debug, source, multilib, zchunk } =
    definition;
  const more = `${zchunk ? ' and zchunk' : ''}${definition.filelistsExt ? ', with digests of files' : ''}`;
  const beside = Object.entries(multilib).map(([arch, rule]) => `${arch}=${rule.arch}:${rule.method}`);
  return [
    ['Tag', tag],
    ['Arches', arches.join(' ')],
    [
      'Keys',
      keys.length === 0 ? 'none: packages as they were built' : `${keys.join(' ')} (not signed: ${unsigned})`,
    ],
    [
      'Metadata',
      `${compression}${more}, ${repoKey === null ? 'not signed' : `signed by ${repoKey}`}, ${layout} layout`,
    ],
    ['Trees', ['os', ...(debug ? ['debug'] : []), ...(source ? ['source'] : [])].join(' ')],
    ...(beside.length === 0 ? [] : [['Multilib', beside.join(' ')] as [string, string]]),
    ...(definition.include.length === 0
      ? []
      : [['Include', definition.include.join(' ')] as [string, string]]),
    ...(definition.exclude.length === 0
      ? []
      : [['Exclude', definition.exclude.join(' ')] as [string, string]]),
    ...(definition.records.length === 0
      ? []
      : [['Records', definition.records.map((one) => one.type).join(' ')] as [string, string]]),
    ['Follows tag', definition.automatic ? 'yes' : 'no: moromi dist-repo makes revisions'],
    ['For dnf', repoFile],
    ...(task === null ? [] : [['Next revision', `task ${task}`] as [string, string]]),
  ];
}
