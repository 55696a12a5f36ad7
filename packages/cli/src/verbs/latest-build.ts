/** `moromi latest-build`: what a tag shows of packages. */
import type { TaggedBuild } from '@moromi/contract';
import { past, pastOptions } from '../past.ts';
import { taggedColumns } from '../tagged.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const latestBuild: Verb = {
  name: 'latest-build',
  koji: 'latest-pkg',
  takes: '<tag> [package...]',
  summary: 'Show the latest builds of packages in a tag, inherited ones included',
  options: [{ flags: '--all', summary: 'of all its packages' }, ...pastOptions],
  async run({ client, signal, screen }, [name = '', ...packages], options) {
    if (packages.length === 0 && !options.flag('all'))
      throw usage('latest-build wants packages, or --all', 'See `moromi latest-build --help`.');
    const items: TaggedBuild[] = [];
    for (const only of options.flag('all') ? [undefined] : packages) {
      const some = only === undefined ? {} : { package: only };
      const query = { inherit: true, latest: true, ...some, ...past(options, screen) };
      items.push(...(await client.call('listTagged', { params: { name }, query }, { signal })).items);
    }
    if (screen.json) screen.document(items);
    else screen.table(taggedColumns(screen), items);
    return exits.ok;
  },
};
