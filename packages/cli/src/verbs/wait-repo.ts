/** `moromi wait-repo`: returns the moment that a tag's repository shows builds. */
import { exits, Trouble } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const waitRepo: Verb = {
  name: 'wait-repo',
  takes: '<tag>',
  summary: "Wait until a tag's build repository shows builds, or what the tag holds now",
  options: [
    { flags: '--build <nvr>', summary: 'this build: a name, version and release, or a number', many: true },
    { flags: '--timeout <minutes>', summary: 'give up after so long (120)' },
  ],
  notes: ['Exit code 1: it did not come, or the tag does not hold the build.'],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const builds = commaList(options.list('build'));
    const minutes = options.integer('timeout', 1, 10_000) ?? 120;
    const end = performance.now() + minutes * 60_000;
    for (;;) {
      const waitSeconds = Math.max(0, Math.min(25, Math.ceil((end - performance.now()) / 1000)));
      const query = { waitSeconds, ...(builds.length === 0 ? {} : { builds: builds.join(',') }) };
      const said = await client.call('waitRepo', { params: { name }, query }, { signal, timeoutMs: 60_000 });
      if (said.missing.length > 0)
        throw new Trouble(
          'not_tagged',
          `${name} does not hold ${said.missing.join(', ')}, so its repository will not show it`,
          `Tag it: moromi tag-build ${name} ${said.missing[0]}`,
          exits.failed,
        );
      const [superseded] = said.superseded;
      if (superseded !== undefined)
        throw new Trouble(
          'superseded',
          `${name} holds ${superseded.build}, and its repository shows ${superseded.by} instead, which is the latest there`,
          `Wait for that one, or make it the latest again: moromi tag-build --force ${name} ${superseded.build}`,
          exits.failed,
        );
      if (said.revision !== null) {
        if (screen.json) screen.document(said);
        else
          screen.line(
            `Revision ${said.revision} of ${name} shows ${builds.length === 0 ? 'it' : builds.join(', ')}`,
          );
        return exits.ok;
      }
      if (performance.now() >= end) {
        const maker = said.task === null ? '' : `; task ${said.task} is to make it`;
        if (screen.json) screen.document(said);
        else screen.line(`${name} did not show it within ${minutes} min${maker}`);
        return exits.failed;
      }
    }
  },
};
