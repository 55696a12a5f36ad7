/** `moromi list-keys`: all keys. */
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listKeys: Verb = {
  name: 'list-keys',
  takes: '',
  summary: 'List the keys by which packages are signed',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const keys = await allPages((cursor) =>
      client.call('listKeys', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) screen.document(keys);
    else
      screen.table(
        [
          { head: 'Name', cell: (one) => one.name },
          { head: 'Key', cell: (one) => one.keyId },
          { head: 'Kind', cell: (one) => one.algorithm },
          { head: 'State', cell: (one) => (one.expired ? 'expired' : one.state) },
          { head: 'Expires', cell: (one) => moment(one.expiresAt, screen) },
          { head: 'Signers', cell: (one) => (one.offline ? 'by hand' : one.signers.join(',')) },
          { head: 'Tags', cell: (one) => one.tags.join(',') },
          { head: 'Signed', cell: (one) => one.signed, right: true },
          { head: 'Waiting', cell: (one) => one.waiting, right: true },
        ],
        keys,
      );
    return exits.ok;
  },
};
