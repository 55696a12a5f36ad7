/** `moromi edit-tag-inheritance`: how a tag inherits from another. */
import { tellChanged } from '../changed.ts';
import { linkOptions, linkTerms } from '../link-options.ts';
import { usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const editTagInheritance: Verb = {
  name: 'edit-tag-inheritance',
  takes: '<tag> <parent>',
  summary: 'Change how a tag inherits from another; what is not named stays',
  options: [...linkOptions, { flags: '--force', summary: 'although the tag is locked' }],
  async run(session, [name = '', parent = ''], options) {
    const { client, signal } = session;
    const terms = linkTerms(options);
    if (Object.keys(terms).length === 0)
      throw usage('nothing is said that could be changed', 'See `moromi edit-tag-inheritance --help`.');
    const body = { ...terms, force: options.flag('force') };
    const done = await client.call('editParent', { params: { name, parent }, body }, { signal });
    return tellChanged(session, done, `Changed how ${name} inherits from ${parent}`);
  },
};
