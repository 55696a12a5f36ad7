/** `moromi add-pkg`: packages come into a tag's list. */
import { chunks, counted, tellChanged } from '../changed.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const addPkg: Verb = {
  name: 'add-pkg',
  takes: '<tag> <package...>',
  summary: "Put packages into a tag's list",
  options: [
    { flags: '--owner <name>', summary: 'who looks after them; yourself where not said' },
    { flags: '--extra-arches <arches>', summary: 'built for these too', many: true },
    { flags: '--force', summary: 'also what is blocked, and in a locked tag' },
  ],
  async run(session, [name = '', ...packages], options) {
    const { client, signal } = session;
    const owner = options.text('owner');
    const extraArches = commaList(options.list('extra-arches').flatMap((one) => one.split(' ')));
    for (const some of chunks(packages)) {
      const body = {
        packages: some,
        ...(owner === undefined ? {} : { owner }),
        ...(extraArches.length === 0 ? {} : { extraArches }),
        force: options.flag('force'),
      };
      const done = await client.call('addPackages', { params: { name }, body }, { signal });
      tellChanged(session, done, `Added ${counted(some, 'package')} to ${name}`);
    }
    return exits.ok;
  },
};
