/** `moromi remove-tag-inheritance`: a tag inherits from another no more. */
import { tellChanged } from '../changed.ts';
import type { Verb } from '../verb.ts';

export const removeTagInheritance: Verb = {
  name: 'remove-tag-inheritance',
  takes: '<tag> <parent>',
  summary: 'Let a tag inherit from another no more',
  options: [{ flags: '--force', summary: 'although the tag is locked' }],
  async run(session, [name = '', parent = ''], options) {
    const { client, signal } = session;
    const body = { force: options.flag('force') };
    const done = await client.call('removeParent', { params: { name, parent }, body }, { signal });
    return tellChanged(session, done, `${name} no longer inherits from ${parent}`);
  },
};
