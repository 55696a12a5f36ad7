/** `moromi list-signed`: packages and the keys that sign them. */
import type { SigningState } from '@moromi/contract';
import { allPages } from '../pages.ts';
import { showSignings } from '../signing-view.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const states: SigningState[] = ['waiting', 'signed', 'refused', 'failed', 'canceled', 'finished'];

export const listSigned: Verb = {
  name: 'list-signed',
  takes: '',
  summary: 'List signed packages, and those that wait for a signature',
  options: [
    { flags: '--key <key>', summary: 'of this key' },
    { flags: '--tag <tag>', summary: 'of builds in this tag' },
    { flags: '--build <build>', summary: 'of this build' },
    { flags: '--state <state>', summary: 'in this state (signed)', choices: states },
    { flags: '--open', summary: 'only what is neither signed nor finished' },
    { flags: '--limit <number>', summary: 'how many at most (100)' },
  ],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const limit = options.integer('limit', 1) ?? 100;
    const open = options.flag('open');
    const state = options.text('state') as SigningState | undefined;
    const query = {
      key: options.text('key'),
      tag: options.text('tag'),
      build: options.text('build'),
      ...(open ? { open } : { state: state ?? 'signed' }),
    };
    const items = await allPages(
      (cursor) =>
        client.call('listSignings', { query: { ...query, limit: Math.min(limit, 500), cursor } }, { signal }),
      limit,
    );
    if (screen.json) screen.document(items);
    else showSignings(screen, items);
    return exits.ok;
  },
};
