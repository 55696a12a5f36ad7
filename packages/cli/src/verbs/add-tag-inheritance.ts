/** `moromi add-tag-inheritance`: a tag inherits from another. */
import { tellChanged } from '../changed.ts';
import { linkOptions, linkTerms } from '../link-options.ts';
import type { Verb } from '../verb.ts';

export const addTagInheritance: Verb = {
  name: 'add-tag-inheritance',
  takes: '<tag> <parent>',
  summary: 'Let a tag inherit from another',
  options: [...linkOptions, { flags: '--force', summary: 'although the tag is locked' }],
  async run(session, [name = '', parent = ''], options) {
    const { client, signal } = session;
    const body = { parent, priority: 0, ...linkTerms(options), force: options.flag('force') };
    const done = await client.call('addParent', { params: { name }, body }, { signal });
    return tellChanged(session, done, `${name} inherits from ${parent}`);
  },
};
