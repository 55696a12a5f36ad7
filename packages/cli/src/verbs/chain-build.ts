/** `moromi chain-build`: builds of which each is in the buildroots of the next. */
import { announceBatch, groupsOf, submitBatch } from '../batch.ts';
import { buildFlags, buildOptions } from '../build-options.ts';
import type { Verb } from '../verb.ts';

export const chainBuild: Verb = {
  name: 'chain-build',
  takes: '<target> <srpm...>',
  summary: 'Build source packages one after the other, each with those before it in its buildroot',
  options: [
    { flags: '--go-on', summary: 'build what needs a build that failed with what there is' },
    ...buildFlags,
    { flags: '--nowait', summary: 'do not watch it' },
  ],
  notes: [
    'Groups are separated by ":": `chain-build f40 liba.src.rpm libb.src.rpm : app.src.rpm` builds both',
    'libraries at once, and the application when the repository holds both. Without ":" each is a group.',
  ],
  async run(session, [target = '', ...words], options) {
    const groups = words.includes(':') ? groupsOf(words) : words.map((word) => [word]);
    const batch = await submitBatch(session, groups, {
      kind: 'chain',
      targets: [target],
      onFailure: options.flag('go-on') ? 'go-on' : 'hold',
      options: buildOptions(options),
    });
    return await announceBatch(session, batch, !options.flag('nowait'));
  },
};
