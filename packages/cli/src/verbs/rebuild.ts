/** `moromi rebuild`: a mass rebuild, in the order that the packages' requirements ask for. */
import type { NewRebuild } from '@moromi/contract';
import { announceBatch } from '../batch.ts';
import { buildFlags, buildOptions } from '../build-options.ts';
import { bumpOf } from '../bump.ts';
import { showPlan } from '../plan-view.ts';
import { usage } from '../trouble.ts';
import { sendRpms } from '../upload.ts';
import type { Options, Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const rebuild: Verb = {
  name: 'rebuild',
  takes: '<target> [srpm...]',
  summary: 'Rebuild all packages of a tag, or these source packages, in the order that they need',
  options: [
    { flags: '--tag <tag>', summary: 'the latest builds of this tag, inherited ones included' },
    { flags: '--package <package>', summary: 'of the tag, only these', many: true },
    { flags: '--dist-suffix <suffix>', summary: "a new version by a longer %dist, such as '.1'" },
    {
      flags: '--bump <text>',
      summary:
        'a new version by raising the release, with this line in the changelog (or as %autorelease counts)',
    },
    { flags: '--author <author>', summary: "for --bump: 'Name <mail>'" },
    {
      flags: '--bootstrap <package>',
      summary:
        'breaks its cycle: built first with its bootstrap; PACKAGE=DROPPED,… says what that build does not need',
      many: true,
    },
    {
      flags: '--old-for-cycles',
      summary: 'where no bootstrap breaks a cycle, build its first against what is there',
    },
    { flags: '--side', summary: 'into a side tag, to be merged at the end with merge-batch' },
    { flags: '--go-on', summary: 'build what needs a build that failed with what there is' },
    {
      flags: '--skip-identical',
      summary: 'do not build again what would be built from the same source in the same buildroot',
    },
    { flags: '--dry-run', summary: 'only show the plan: how long it takes, and what bounds it' },
    ...buildFlags,
    { flags: '--nowait', summary: 'do not watch it' },
  ],
  notes: [
    'Requirements are those of the last build, the generated ones included; they are resolved in the repositories',
    'that the buildroots see. Builds of a broken cycle that stand on a bootstrap are never released.',
  ],
  async run(session, [target = '', ...srpms], options) {
    const { client, signal } = session;
    const tag = options.text('tag');
    if ((tag === undefined) === (srpms.length === 0)) throw usage('rebuild wants --tag, or source packages');
    const wanted = rebuildOptions(options);
    await client.call('getTarget', { params: { name: target } }, { signal });
    const packages = commaList(options.list('package'));
    const body: NewRebuild = {
      target,
      ...wanted,
      ...(tag === undefined ? { sources: await sendRpms(session, srpms) } : { tag }),
      ...(packages.length > 0 ? { packages } : {}),
    };
    const batch = await client.call('createRebuild', { body }, { signal });
    if (!options.flag('dry-run')) return await announceBatch(session, batch, !options.flag('nowait'));
    return await showPlan(session, batch.id);
  },
};

function rebuildOptions(options: Options): Omit<NewRebuild, 'target'> {
  const bootstrap = options.list('bootstrap').map((text) => {
    const [name = '', drops] = text.split('=', 2);
    return { package: name, ...(drops === undefined ? {} : { drops: commaList([drops]) }) };
  });
  return {
    bump: bumpOf(options),
    ...(bootstrap.length > 0 ? { bootstrap } : {}),
    cycles: options.flag('old-for-cycles') ? 'old' : 'refuse',
    onFailure: options.flag('go-on') ? 'go-on' : 'hold',
    side: options.flag('side'),
    ...(options.flag('skip-identical') ? { skipIdentical: true } : {}),
    dryRun: options.flag('dry-run'),
    options: buildOptions(options),
  };
}
