/** `moromi quarantine-worker`: workers that are not trusted lose what they have, at once. */
import { decide, reasonOption } from '../standing.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const quarantineWorker: Verb = {
  name: 'quarantine-worker',
  takes: '<worker...>',
  summary: 'Give workers nothing new and take from them what they have; it begins anew elsewhere',
  options: [reasonOption],
  async run(session, names, options) {
    const workers = await decide(session, names, 'quarantined', options.text('reason'));
    if (session.screen.json) session.screen.document(workers);
    return exits.ok;
  },
};
