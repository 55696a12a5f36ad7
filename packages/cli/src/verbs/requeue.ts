/** `moromi requeue`: what Plague's users say for `resubmit --failed`. */
import type { Verb } from '../verb.ts';
import { again, nowait } from './resubmit.ts';

export const requeue: Verb = {
  name: 'requeue',
  takes: '<build>',
  summary: 'Build what failed of a build again, by number or NVR: the same as resubmit --failed',
  options: [nowait],
  run: (session, [word = ''], options) => again(session, word, options, true),
};
