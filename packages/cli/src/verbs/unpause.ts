/** `moromi unpause`: builds begin again. */
import { setPause } from '../pause.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const unpause: Verb = {
  name: 'unpause',
  takes: '[tag]',
  summary: 'Let builds begin again, of a tag or of the system',
  options: [],
  async run(session, [tag], _options) {
    await setPause(session, tag, false);
    return exits.ok;
  },
};
