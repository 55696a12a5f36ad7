/** `moromi remove-target`: ends a target; its builds stay. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const removeTarget: Verb = {
  name: 'remove-target',
  takes: '<target>',
  summary: 'Remove a target with its aliases; its builds stay',
  options: [],
  async run({ client, signal, screen }, [name = '']) {
    await client.call('removeTarget', { params: { name }, body: {} }, { signal });
    if (screen.json) screen.document({ removed: name });
    else screen.line(`Removed target ${name}`);
    return exits.ok;
  },
};
