/** `moromi set-pkg-owner` and `set-pkg-arches`: what a tag's list says of packages. */
import { chunks, counted, tellChanged } from '../changed.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const setPkgOwner: Verb = {
  name: 'set-pkg-owner',
  takes: '<owner> <tag> <package...>',
  summary: 'Change who looks after packages in a tag',
  options: [{ flags: '--force', summary: 'also what is not listed, and in a locked tag' }],
  async run(session, [owner = '', name = '', ...packages], options) {
    const { client, signal } = session;
    for (const some of chunks(packages)) {
      const body = { packages: some, owner, force: options.flag('force') };
      const done = await client.call('editPackages', { params: { name }, body }, { signal });
      tellChanged(session, done, `${owner} looks after ${counted(some, 'package')} in ${name}`);
    }
    return exits.ok;
  },
};

export const setPkgArches: Verb = {
  name: 'set-pkg-arches',
  takes: '<arches> <tag> <package...>',
  summary: "Change for which architectures packages are built beside the tag's; '' for none",
  options: [{ flags: '--force', summary: 'also what is not listed, and in a locked tag' }],
  async run(session, [arches = '', name = '', ...packages], options) {
    const { client, signal } = session;
    const extraArches = commaList(arches.split(' '));
    for (const some of chunks(packages)) {
      const body = { packages: some, extraArches, force: options.flag('force') };
      const done = await client.call('editPackages', { params: { name }, body }, { signal });
      tellChanged(session, done, `Changed the architectures of ${counted(some, 'package')} in ${name}`);
    }
    return exits.ok;
  },
};
