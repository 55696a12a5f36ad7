/** `moromi pause`: no builds begin, everywhere or in one tag. */
import { setPause } from '../pause.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const pause: Verb = {
  name: 'pause',
  takes: '[tag]',
  summary: 'Begin no builds, of a tag or at all; what runs goes on, and what comes waits',
  options: [{ flags: '--reason <text>', summary: 'why, for all whose builds wait' }],
  async run(session, [tag], options) {
    await setPause(session, tag, true, options.text('reason'));
    return exits.ok;
  },
};
