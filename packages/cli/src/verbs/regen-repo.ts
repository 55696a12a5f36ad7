/** `moromi regen-repo`: a new revision of a tag's build repository. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { watch } from '../watch.ts';

export const regenRepo: Verb = {
  name: 'regen-repo',
  takes: '<tag>',
  summary: "Make a new revision of a tag's build repository now",
  options: [{ flags: '--nowait', summary: 'return when it is asked for' }],
  notes: [
    'Changes of a tag bring revisions by themselves; this is for when something beside them has changed.',
  ],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const made = await client.call('regenRepo', { params: { name } }, { signal });
    if (screen.json) screen.document(made);
    if (screen.json || options.flag('nowait')) return exits.ok;
    return await watch(session, [made.task]);
  },
};
