/** `moromi tag-build`: puts builds into a tag. */
import { chunks, counted, tellChanged } from '../changed.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const tagBuild: Verb = {
  name: 'tag-build',
  koji: 'tag-pkg',
  takes: '<tag> <build...>',
  summary: 'Put builds into a tag, the last of them the latest',
  options: [
    { flags: '--force', summary: 'also into a locked tag, of unlisted packages, and again' },
    { flags: '--nowait', summary: 'as in Koji; it never waits' },
  ],
  async run(session, [name = '', ...builds], options) {
    const { client, signal } = session;
    for (const some of chunks(builds)) {
      const body = { builds: some, force: options.flag('force') };
      const done = await client.call('tagBuilds', { params: { name }, body }, { signal });
      tellChanged(session, done, `Tagged ${counted(some, 'build')} into ${name}`);
    }
    return exits.ok;
  },
};
