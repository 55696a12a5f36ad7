/** `moromi remove-tag`: ends a tag on which nothing hangs. */
import { tellChanged } from '../changed.ts';
import type { Verb } from '../verb.ts';

export const removeTag: Verb = {
  name: 'remove-tag',
  takes: '<tag>',
  summary: 'Remove a tag on which nothing hangs; its past stays',
  options: [{ flags: '--force', summary: 'although it is locked' }],
  async run(session, [name = ''], options) {
    const { client, signal } = session;
    const body = { force: options.flag('force') };
    const done = await client.call('removeTag', { params: { name }, body }, { signal });
    return tellChanged(session, done, `Removed tag ${name}`);
  },
};
