/** `moromi block-pkg`, `unblock-pkg` and `remove-pkg`: what a tag's list says of packages no more, or again. */
import { chunks, counted, tellChanged } from '../changed.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

type Route = 'blockPackages' | 'unblockPackages' | 'removePackages';

function packageVerb(name: string, summary: string, route: Route, said: [string, string]): Verb {
  return {
    name,
    takes: '<tag> <package...>',
    summary,
    options: [{ flags: '--force', summary: 'whatever stands in the way' }],
    async run(session, [tag = '', ...packages], options) {
      const { client, signal } = session;
      for (const some of chunks(packages)) {
        const body = { packages: some, force: options.flag('force') };
        const done = await client.call(route, { params: { name: tag }, body }, { signal });
        tellChanged(session, done, `${said[0]} ${counted(some, 'package')} ${said[1]} ${tag}`);
      }
      return exits.ok;
    },
  };
}

export const blockPkg = packageVerb(
  'block-pkg',
  'Hide packages in a tag and in all that inherits from it',
  'blockPackages',
  ['Blocked', 'in'],
);

export const unblockPkg = packageVerb(
  'unblock-pkg',
  'Show packages again that were blocked in a tag or above it',
  'unblockPackages',
  ['Unblocked', 'in'],
);

export const removePkg = packageVerb(
  'remove-pkg',
  "Take packages out of a tag's own list",
  'removePackages',
  ['Removed', 'from'],
);
