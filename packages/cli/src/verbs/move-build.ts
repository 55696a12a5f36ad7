/** `moromi move-build`: takes builds out of one tag and puts them into another, at once. */
import { chunks, counted, tellChanged } from '../changed.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const moveBuild: Verb = {
  name: 'move-build',
  koji: 'move-pkg',
  takes: '<tag> <to-tag> <build...>',
  summary: 'Move builds from one tag to another',
  options: [
    { flags: '--all', summary: 'the words are packages: all of their builds in it' },
    { flags: '--force', summary: 'also from or to a locked tag, and of unlisted packages' },
    { flags: '--nowait', summary: 'as in Koji; it never waits' },
  ],
  async run(session, [name = '', to = '', ...words], options) {
    const { client, signal } = session;
    let builds = words;
    if (options.flag('all')) {
      builds = [];
      for (const one of words) {
        const query = { package: one };
        const { items } = await client.call('listTagged', { params: { name }, query }, { signal });
        // The latest last, so that it is the latest there too.
        const latestLast = items.toSorted((a, b) => a.change - b.change || a.place - b.place);
        builds.push(...latestLast.map(({ nvr }) => nvr));
      }
    }
    for (const some of chunks(builds)) {
      const body = { to, builds: some, force: options.flag('force') };
      const done = await client.call('moveBuilds', { params: { name }, body }, { signal });
      tellChanged(session, done, `Moved ${counted(some, 'build')} from ${name} to ${to}`);
    }
    return exits.ok;
  },
};
