/** `moromi drain-worker`: workers stop after what they build, for an update or a restart. */
import { untilEmpty } from '../drain.ts';
import { decide, reasonOption } from '../standing.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const drainWorker: Verb = {
  name: 'drain-worker',
  takes: '<worker...>',
  summary: 'Let workers stop after what they build; --wait watches until they are empty',
  options: [reasonOption, { flags: '--wait', summary: 'watch until they have nothing more' }],
  notes: ['Ctrl-C stops the watching only (130). `moromi enable-worker` lets them take tasks again.'],
  async run(session, names, options) {
    const asked = await decide(session, names, 'draining', options.text('reason'));
    const workers = options.flag('wait') ? await untilEmpty(session, asked) : asked;
    if (session.screen.json) session.screen.document(workers);
    return exits.ok;
  },
};
