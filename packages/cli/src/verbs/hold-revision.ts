/** `moromi hold-revision`, `release-hold` and `list-holds`: revisions that must not expire meanwhile. */
import type { Hold } from '@moromi/contract';
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { instant } from '../past.ts';
import { exits, usage } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';
import { duration } from '../words.ts';

const called = ({ kind, name, number }: Hold): string =>
  `${name}/${number}${kind === 'build' ? ' (build repository)' : ''}`;

export const holdRevision: Verb = {
  name: 'hold-revision',
  takes: '<name> <revision>',
  summary: 'Keep a revision of a repository from expiring for a while; builds go on meanwhile',
  options: [
    { flags: '--why <text>', summary: 'what it is needed for' },
    { flags: '--for <time>', summary: 'for how long, such as 12h or 90d' },
    { flags: '--until <time>', summary: "until when, as '2026-12-31 12:00' or 2026-12-31T12:00:00Z" },
    { flags: '--build-repo', summary: "a tag's build repository, not one that is shipped" },
  ],
  async run({ client, signal, screen }, [name = '', word = ''], options) {
    const [why, length, until] = [options.text('why'), options.text('for'), options.text('until')];
    if (why === undefined) throw usage('say what it is needed for with --why');
    if ((length === undefined) === (until === undefined))
      throw usage('say for how long with --for, or until when with --until');
    const body = {
      kind: options.flag('build-repo') ? ('build' as const) : ('dist' as const),
      name,
      number: wholeNumber(word, 'the revision'),
      why,
      ...(length === undefined ? {} : { seconds: duration(length, '--for') }),
      ...(until === undefined ? {} : { until: instant(until, '--until', screen) }),
    };
    const made = await client.call('holdRevision', { body }, { signal });
    if (screen.json) screen.document(made);
    else if (screen.quiet) screen.line(String(made.id));
    else screen.line(`Hold ${made.id}: ${called(made)} stays until ${moment(made.until, screen)}`);
    return exits.ok;
  },
};

export const releaseHold: Verb = {
  name: 'release-hold',
  takes: '<hold>',
  summary: 'End a hold; the revision expires as it would have without it',
  options: [],
  async run({ client, signal, screen }, [word = '']) {
    const params = { hold: wholeNumber(word, 'the hold') };
    const done = await client.call('releaseHold', { params }, { signal });
    if (screen.json) screen.document(done);
    else screen.line(`Released ${called(done)}`);
    return exits.ok;
  },
};

export const listHolds: Verb = {
  name: 'list-holds',
  takes: '',
  summary: 'List revisions that are held, until when, and why',
  options: [],
  async run({ client, signal, screen }) {
    const holds = await allPages((cursor) =>
      client.call('listHolds', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(holds);
    else
      screen.table(
        [
          { head: 'Hold', cell: (one) => one.id, right: true },
          { head: 'Revision', cell: called },
          { head: 'Holder', cell: (one) => one.holder },
          { head: 'Until', cell: (one) => moment(one.until, screen) },
          { head: 'Why', cell: (one) => one.why },
        ],
        holds,
      );
    return exits.ok;
  },
};
