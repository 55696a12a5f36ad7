/** `moromi untag-build`: takes builds out of a tag. */
import { chunks, counted, tellChanged } from '../changed.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const untagBuild: Verb = {
  name: 'untag-build',
  koji: 'untag-pkg',
  takes: '<tag> <build...>',
  summary: 'Take builds out of a tag',
  options: [
    { flags: '--all', summary: 'the words are packages: all of their builds in it' },
    { flags: '--non-latest', summary: 'the words are packages: all but the latest build of each' },
    { flags: '-n, --test', summary: 'only say which' },
    { flags: '--force', summary: 'although it is locked' },
  ],
  async run(session, [name = '', ...words], options) {
    const { client, signal, screen } = session;
    let builds = words;
    if (options.flag('all') || options.flag('non-latest')) {
      builds = [];
      for (const one of words) {
        const list = async (more: { latest?: boolean; change?: number }) =>
          await client.call('listTagged', { params: { name }, query: { package: one, ...more } }, { signal });
        const { change, items } = await list({});
        // What comes in meanwhile is no older than what was seen.
        const kept = options.flag('all') ? [] : (await list({ latest: true, change })).items;
        builds.push(
          ...items.map(({ nvr }) => nvr).filter((nvr) => kept.every((latest) => latest.nvr !== nvr)),
        );
      }
    }
    if (options.flag('test')) {
      for (const nvr of builds) screen.line(`would untag ${nvr}`);
      return exits.ok;
    }
    if (builds.length === 0) screen.note('there is nothing to untag');
    for (const some of chunks(builds)) {
      const body = { builds: some, force: options.flag('force') };
      const done = await client.call('untagBuilds', { params: { name }, body }, { signal });
      tellChanged(session, done, `Untagged ${counted(some, 'build')} from ${name}`);
    }
    return exits.ok;
  },
};
