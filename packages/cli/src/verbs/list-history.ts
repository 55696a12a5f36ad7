/** `moromi list-history`: what has changed in the catalogue, by whom and when. */
import type { HistoryKind } from '@moromi/contract';
import { printable } from '../escape.ts';
import { historyLines } from '../history.ts';
import { allPages } from '../pages.ts';
import { instant } from '../past.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const kinds = ['build', 'package', 'parent', 'tag', 'target'] as const satisfies HistoryKind[];

export const listHistory: Verb = {
  name: 'list-history',
  takes: '',
  summary: 'Show what has changed in the catalogue',
  options: [
    { flags: '--tag <tag>', summary: 'of this tag' },
    { flags: '--package <package>', summary: 'of this package' },
    { flags: '--build <build>', summary: 'of this build' },
    { flags: '--target <target>', summary: 'of this target' },
    { flags: '--by <name>', summary: 'what this person did' },
    { flags: '--kind <kind>', summary: 'only this kind', choices: kinds },
    { flags: '--active', summary: 'what holds to this day' },
    { flags: '--revoked', summary: 'what holds no longer' },
    { flags: '--after <time>', summary: 'after this time' },
    { flags: '--before <time>', summary: 'until this time' },
    { flags: '--after-change <number>', summary: 'after this change' },
    { flags: '--before-change <number>', summary: 'before this change' },
    { flags: '-e, --events', summary: 'with the numbers of the changes' },
    { flags: '--all', summary: 'of everything' },
    { flags: '--limit <number>', summary: 'how many entries at most, the newest (1000)' },
  ],
  async run({ client, signal, screen }, _words, options) {
    const limit = options.integer('limit', 1) ?? 1000;
    const after = options.text('after');
    const before = options.text('before');
    const afterChange = options.integer('after-change');
    const beforeChange = options.integer('before-change', 1);
    const query = {
      tag: options.text('tag'),
      package: options.text('package'),
      build: options.text('build'),
      target: options.text('target'),
      actor: options.text('by'),
      kind: options.text('kind') as HistoryKind | undefined,
      active: options.flag('active') ? true : options.flag('revoked') ? false : undefined,
      since: after === undefined ? undefined : instant(after, '--after', screen),
      until: before === undefined ? undefined : instant(before, '--before', screen),
      sinceChange: afterChange === undefined ? undefined : afterChange + 1,
      untilChange: beforeChange === undefined ? undefined : beforeChange - 1,
    };
    if (!options.flag('all') && Object.values(query).every((one) => one === undefined))
      throw usage('list-history wants to be told of what, or --all', 'See `moromi list-history --help`.');
    const entries = await allPages(
      (cursor) =>
        client.call('listHistory', { query: { ...query, limit: Math.min(limit, 500), cursor } }, { signal }),
      limit,
    );
    if (screen.json) screen.document(entries);
    else
      screen.lines(
        historyLines(entries, { utc: screen.utc, changes: options.flag('events') }).map((line) =>
          printable(line),
        ),
      );
    return exits.ok;
  },
};
