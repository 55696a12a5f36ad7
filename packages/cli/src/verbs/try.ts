/** `moromi try`: a change with what needs it, aside; what that breaks, and then all of it or nothing. */
import type { NewTry } from '@moromi/contract';
import { announceBatch } from '../batch.ts';
import { buildFlags, buildOptions } from '../build-options.ts';
import { bumpOf } from '../bump.ts';
import { showPlan } from '../plan-view.ts';
import { exits, usage } from '../trouble.ts';
import { sendRpms } from '../upload.ts';
import { type Options, type Verb, wholeNumber } from '../verb.ts';

export const tryChange: Verb = {
  name: 'try',
  takes: '<target> <srpm...>',
  summary: 'Build a change and what needs it in a side tag, and show what that breaks',
  options: [
    {
      flags: '--depth <steps>',
      summary: '1: what needs it itself; 2: also what needs that; all: however far; 1 where not said',
    },
    { flags: '--dist-suffix <suffix>', summary: 'a new version of what needs it, by a longer %dist' },
    {
      flags: '--bump <text>',
      summary: 'a new version of what needs it, by raising the release, with this line in the changelog',
    },
    { flags: '--author <author>', summary: "for --bump: 'Name <mail>'" },
    { flags: '--merge', summary: 'when nothing broke, merge it at once, all of it' },
    { flags: '--dry-run', summary: 'only show what would be built, and how long it takes' },
    ...buildFlags.filter((one) => one.flags !== '--scratch'),
    { flags: '--nowait', summary: 'do not watch it' },
  ],
  notes: [
    'What fails with the change is also built without it, scratch, so that what was broken before is told apart.',
    'In the end what can be installed is compared as well: requirements that nothing meets any more, and sonames that',
    'are gone. Exit code 0: nothing broke; merge it with merge-batch. Exit code 1: something did.',
  ],
  async run(session, [target = '', ...srpms], options) {
    const { client, signal, screen } = session;
    const watched = !options.flag('nowait');
    if (options.flag('merge') && (!watched || options.flag('dry-run')))
      throw usage('--merge waits for the end: not with --nowait or --dry-run');
    const wanted = tryOptions(options);
    await client.call('getTarget', { params: { name: target } }, { signal });
    const body: NewTry = { target, ...wanted, sources: await sendRpms(session, srpms) };
    const batch = await client.call('createTry', { body }, { signal });
    if (options.flag('dry-run')) return await showPlan(session, batch.id);
    const exit = await announceBatch(session, batch, watched);
    if (exit !== exits.ok || !options.flag('merge')) return exit;
    await client.call('mergeBatch', { params: { id: batch.id }, body: {} }, { signal });
    if (!screen.json) screen.line(`Merged batch ${batch.id} from ${target}'s side tag`);
    return exits.ok;
  },
};

function tryOptions(options: Options): Omit<NewTry, 'target' | 'sources'> {
  const bump = bumpOf(options);
  const depth = options.text('depth');
  return {
    ...(depth === undefined ? {} : { depth: depth === 'all' ? null : wholeNumber(depth, '--depth') }),
    ...(bump.how === 'none' ? {} : { bump }),
    dryRun: options.flag('dry-run'),
    options: buildOptions(options),
  };
}
