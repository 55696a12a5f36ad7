/** `moromi disable-worker`: workers take nothing new; what they have they finish. */
import { decide, reasonOption } from '../standing.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const disableWorker: Verb = {
  name: 'disable-worker',
  koji: 'disable-host',
  takes: '<worker...>',
  summary: 'Give workers nothing new; what they have they finish',
  options: [reasonOption],
  async run(session, names, options) {
    const workers = await decide(session, names, 'disabled', options.text('reason'));
    if (session.screen.json) session.screen.document(workers);
    return exits.ok;
  },
};
