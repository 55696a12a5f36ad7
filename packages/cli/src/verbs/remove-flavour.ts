/** `moromi remove-flavour`: one that no platform allows and no running build uses. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const removeFlavour: Verb = {
  name: 'remove-flavour',
  takes: '<name>',
  summary: 'Remove a flavour that nothing uses',
  options: [],
  async run(session, [name = '']) {
    const { client, signal, screen } = session;
    const done = await client.call('removeFlavour', { params: { name }, body: {} }, { signal });
    if (screen.json) screen.document(done);
    else screen.line(`Removed flavour ${name}`);
    return exits.ok;
  },
};
