/** `moromi enable-worker`: workers take tasks, again or for the first time. */
import { decide } from '../standing.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const enableWorker: Verb = {
  name: 'enable-worker',
  koji: 'enable-host',
  takes: '<worker...>',
  summary: 'Let workers take tasks, also those that were set aside',
  options: [],
  async run(session, names, _options) {
    const workers = await decide(session, names, 'enabled');
    if (session.screen.json) session.screen.document(workers);
    return exits.ok;
  },
};
