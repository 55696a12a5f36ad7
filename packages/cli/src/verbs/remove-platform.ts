/** `moromi remove-platform`: the platform and its targets go; tags with builds in them stay. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const removePlatform: Verb = {
  name: 'remove-platform',
  takes: '<name>',
  summary: 'Remove a platform with its targets; its tags stay',
  options: [],
  async run(session, [name = '']) {
    const { client, signal, screen } = session;
    const done = await client.call('removePlatform', { params: { name }, body: {} }, { signal });
    if (screen.json) screen.document(done);
    else screen.line(`Removed platform ${name}`);
    return exits.ok;
  },
};
