/** Every SQL statement of external repositories, run once. */
import * as merged from '../repos/merged-queries.ts';
import { type Calls, testQueries } from '../testing/queries.ts';
import { failure, hash } from '../testing/query-facts.ts';
import { definitionOf } from './attached.ts';
import * as files from './file-queries.ts';
import * as merging from './merging-queries.ts';
import * as packages from './package-queries.ts';
import * as externals from './queries.ts';

const definition = definitionOf({ url: 'http://base.invalid/' });
const attachment = { tag: 1, external: 1, priority: 5, mode: 'koji' as const, arches: ['x86_64'] };
const which = { external: 1, arch: '', number: 1 };
const nevra = { name: 'p', epoch: 0, version: '1', release: '1', arch: 'noarch' };
const copy = {
  ...nevra,
  ...{
    fileName: 'external/e/p.rpm',
    sha256: hash,
    checksumType: 'sha256',
    size: 1,
    headerStart: 0,
    headerEnd: 0,
  },
  ...{ location: 'p.rpm', base: null, says: 's', plain: 1, digest: 'd', bytes: Buffer.alloc(1) },
};
const snapshot = {
  external: 1,
  arch: '',
  repomd: hash,
  revision: '1',
  mirror: 'm',
  records: [],
  packages: 0,
};

testQueries({
  externals: [
    externals,
    {
      insertExternal: (tx) => externals.insertExternal(tx, 'e', definition, 'a'),
      externalOfSetting: (tx) => externals.externalOfSetting(tx, 'e', definition, 'a'),
      externalsOfSettings: (tx) => externals.externalsOfSettings(tx, [{ name: 'e', url: 'u' }]),
      findExternal: (tx) => externals.findExternal(tx, 'e'),
      saidExternals: (tx) => externals.saidExternals(tx, 'e'),
      externalsById: (tx) => externals.externalsById(tx, [1]),
      listExternals: (tx) => externals.listExternals(tx, '', 9),
      setDefinition: (tx) => externals.setDefinition(tx, 1, definition),
      endExternal: (tx) => externals.endExternal(tx, 1),
      attachmentsAt: (tx) => externals.attachmentsAt(tx, [1], 1),
      attachmentsOf: (tx) => externals.attachmentsOf(tx, 1),
      putAttachment: async (tx) => {
        const external = (await externals.insertExternal(tx, 'e', definition, 'a')) ?? 0;
        return await externals.putAttachment(tx, { ...attachment, external }, 1);
      },
      endAttachment: (tx) => externals.endAttachment(tx, 1, 1, 2),
      tagsNaming: async (tx) => [
        await externals.tagsNaming(tx, { id: 1, name: 'e', setting: true, definition }),
        await externals.tagsNaming(tx, { id: 1, name: 'e', setting: false, definition }),
      ],
      withRepository: (tx) => externals.withRepository(tx, [1]),
      archesOf: (tx) => externals.archesOf(tx, [1]),
      insertArch: async (tx) =>
        externals.insertArch(tx, (await externals.insertExternal(tx, 'e', definition, 'a')) ?? 0, ''),
      lockArch: (tx) => externals.lockArch(tx, 1, ''),
      setTask: (tx) => externals.setTask(tx, 1, '', 1),
      setChecked: (tx) =>
        externals.setChecked(tx, {
          external: 1,
          arch: '',
          snapshot: null,
          mirrors: ['m'],
          known: null,
          again: 60,
        }),
      setTrouble: (tx) => externals.setTrouble(tx, 1, '', failure, 60),
      setDue: (tx) => externals.setDue(tx, 1, '', null),
      dueArches: (tx) => externals.dueArches(tx, 9),
    } satisfies Calls<typeof externals>,
  ],
  'what they have': [
    { ...packages, Overtaken: null },
    {
      livePackages: (tx) => packages.livePackages(tx, 1, '', 1),
      insertCopies: async (tx) =>
        packages.insertCopies(tx, (await externals.insertExternal(tx, 'e', definition, 'a')) ?? 0, [copy]),
      // It is a transaction of its own, which other tests run.
      insertSnapshot: async (tx) =>
        packages.insertSnapshot(tx, { ...snapshot, after: null, fresh: [], gone: [] }).catch(() => undefined),
    } satisfies Omit<Calls<typeof packages>, 'Overtaken'>,
  ],
  merging: [
    merging,
    {
      snapshotsInUse: (tx) => merging.snapshotsInUse(tx, [1]),
      offeredAll: (tx) => merging.offeredAll(tx, which),
      offeredByName: (tx) => merging.offeredByName(tx, which, ['p']),
      offeredBySource: (tx) => merging.offeredBySource(tx, which, ['p']),
      namesOfSources: (tx) => merging.namesOfSources(tx, which, ['p']),
      changedNames: (tx) => merging.changedNames(tx, which, 1, 2),
      recordsOf: (tx) => merging.recordsOf(tx, [1]),
      mergedOf: (tx) => merging.mergedOf(tx, 1),
      keepMerged: (tx) => merging.keepMerged(tx, 1, 'x86_64', []),
    } satisfies Calls<typeof merging>,
  ],
  files: [
    files,
    {
      outsideFile: (tx) => files.outsideFile(tx, 1, 'x86_64', 'external/e/p.rpm'),
      setStored: (tx) => files.setStored(tx, 1, hash),
      forgetStored: (tx) => files.forgetStored(tx, hash),
      dropOldRecords: (tx) => files.dropOldRecords(tx, 1),
    } satisfies Calls<typeof files>,
  ],
  'merged trees': [
    merged,
    {
      ownCopies: (tx) => merged.ownCopies(tx, [1]),
      ownInRuns: (tx) => merged.ownInRuns(tx, [1], ['p']),
      externalsInRuns: (tx) => merged.externalsInRuns(tx, [1], ['p']),
      sourcesOf: (tx) => merged.sourcesOf(tx, [1]),
      sourcesInRuns: (tx) => merged.sourcesInRuns(tx, [1], ['p']),
    } satisfies Calls<typeof merged>,
  ],
});
