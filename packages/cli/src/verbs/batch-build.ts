/** `moromi batch-build`: several source packages for one target or more, in an order or all at once. */
import { announceBatch, groupsOf, submitBatch } from '../batch.ts';
import { buildFlags, buildOptions } from '../build-options.ts';
import { usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const batchBuild: Verb = {
  name: 'batch-build',
  takes: '<srpm...>',
  summary: 'Build several source packages for one target or more',
  options: [
    { flags: '--target <target>', summary: 'where they are built', many: true },
    {
      flags: '--ordered',
      summary: 'one after the other (in groups, with ":"), each in the buildroot of the next',
    },
    { flags: '--together', summary: 'the next waits for all targets, not only for its own' },
    { flags: '--go-on', summary: 'build what needs a build that failed with what there is' },
    ...buildFlags,
    { flags: '--nowait', summary: 'do not watch it' },
  ],
  async run(session, words, options) {
    const targets = commaList(options.list('target'));
    if (targets.length === 0) throw usage('batch-build wants at least one --target');
    const ordered = options.flag('ordered') || words.includes(':');
    if (options.flag('together') && !ordered)
      throw usage('--together is for batches with an order: --ordered, or ":"');
    const groups = words.includes(':') ? groupsOf(words) : ordered ? words.map((word) => [word]) : [words];
    const batch = await submitBatch(session, groups, {
      kind: 'batch',
      targets,
      parallel: !ordered,
      together: options.flag('together'),
      onFailure: options.flag('go-on') ? 'go-on' : 'hold',
      options: buildOptions(options),
    });
    return await announceBatch(session, batch, !options.flag('nowait'));
  },
};
