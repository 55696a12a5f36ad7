/** `moromi regen-repo`: a new revision of a tag's build repository. */
import { followAsked } from '../asked.ts';
import type { Verb } from '../verb.ts';

export const regenRepo: Verb = {
  name: 'regen-repo',
  takes: '<tag>',
  summary: "Make a new revision of a tag's build repository now",
  options: [{ flags: '--nowait', summary: 'return when it is asked for' }],
  notes: [
    'Changes of a tag bring revisions by themselves; this is for when something beside them has changed.',
  ],
  async run(session, [name = ''], options) {
    const { client, signal } = session;
    const made = await client.call('regenRepo', { params: { name } }, { signal });
    return await followAsked(session, options, { kind: 'revision', value: made, task: made.task });
  },
};
