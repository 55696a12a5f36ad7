/** Every SQL statement of the other rooms, run once. */
import * as batches from './batches/queries.ts';
import * as blobs from './blobs/queries.ts';
import * as builds from './builds/queries.ts';
import * as contents from './catalog/content-queries.ts';
import * as history from './catalog/history-queries.ts';
import * as catalog from './catalog/queries.ts';
import * as sides from './catalog/side-queries.ts';
import * as targets from './catalog/target-queries.ts';
import * as identity from './identity/queries.ts';
import * as ledger from './ledger/queries.ts';
import * as logs from './logs/queries.ts';
import * as repos from './repos/queries.ts';
import * as dists from './repos/shipped/queries.ts';
import * as seals from './repos/shipped/seal-queries.ts';
import { type Calls, testQueries } from './testing/queries.ts';
import {
  batch,
  batchOf,
  buildOf,
  dist,
  edge,
  failure,
  file,
  hash,
  nvr,
  pkg,
  plan,
  root,
  rpm,
  tagged,
} from './testing/query-facts.ts';

testQueries({
  ledger: [
    ledger,
    {
      insertEvents: (tx) => ledger.insertEvents(tx, [{ type: 't', subject: 's', actor: 'a', build: 1 }]),
      numberEvents: (tx) => ledger.numberEvents(tx),
      readEvents: (tx) => ledger.readEvents(tx, 0, 1, 9),
      eventRange: (tx) => ledger.eventRange(tx),
      keepReply: (tx) =>
        ledger.keepReply(tx, { principal: 'p', route: 'r', key: 'k', bodyHash: 'h', reply: { a: 1 } }),
      findReply: (tx) => ledger.findReply(tx, 'p', 'r', 'k'),
      dropOldKeys: (tx) => ledger.dropOldKeys(tx),
      keepListening: (tx) => ledger.keepListening(tx),
    } satisfies Calls<typeof ledger>,
  ],
  identity: [
    identity,
    {
      findTokens: (tx) => identity.findTokens(tx, [hash]),
      upsertPrincipal: (tx) => identity.upsertPrincipal(tx, 'p', 'person', ['build']),
      insertToken: (tx) => identity.insertToken(tx, 'h', 'admin', 3),
      usualPriorityOf: (tx) => identity.usualPriorityOf(tx, 'admin'),
      setUsualPriority: (tx) => identity.setUsualPriority(tx, 'admin', 30),
      revokeTokens: (tx) => identity.revokeTokens(tx, 'admin'),
    } satisfies Calls<typeof identity>,
  ],
  catalog: [
    catalog,
    {
      beginChange: (tx) => catalog.beginChange(tx, 'a', 'what'),
      lockCatalogue: (tx) => catalog.lockCatalogue(tx),
      newestChange: (tx) => catalog.newestChange(tx),
      changeAt: async (tx) => [
        await catalog.changeAt(tx, { id: 1 }),
        await catalog.changeAt(tx, { at: '2026-01-01T00:00:00Z' }),
      ],
      insertTag: (tx) => catalog.insertTag(tx, 'new', {}, 1),
      updateSettings: (tx) => catalog.updateSettings(tx, 1, { failFast: true, macros: null }, 2),
      replaceSettings: (tx) => catalog.replaceSettings(tx, 1, {}, 2),
      setLocked: (tx) => catalog.setLocked(tx, 1, true, 'why', 2),
      lockReason: (tx) => catalog.lockReason(tx, 1),
      renameTag: (tx) => catalog.renameTag(tx, 1, 'other', 2),
      endTag: (tx) => catalog.endTag(tx, 1, 2),
      putParent: (tx) => catalog.putParent(tx, edge, 1),
      endParent: (tx) => catalog.endParent(tx, 1, 1, 2),
      findTag: async (tx) => [await catalog.findTag(tx, 'f1'), await catalog.findTag(tx, 'f1', true)],
      newestOf: (tx) => catalog.newestOf(tx, 1),
      statedAt: (tx) => catalog.statedAt(tx, 1),
      tagsById: (tx) => catalog.tagsById(tx, [1, 2]),
      listTags: (tx) => catalog.listTags(tx, '', 9),
      edges: (tx) => catalog.edges(tx, 1),
      edgesOf: (tx) => catalog.edgesOf(tx, 1),
      edgesBelow: (tx) => catalog.edgesBelow(tx, 1),
      lineage: (tx) => catalog.lineage(tx, 1),
    } satisfies Calls<typeof catalog>,
  ],
  'what tags hold': [
    contents,
    {
      insertTaggedBuilds: (tx) => contents.insertTaggedBuilds(tx, 1, [tagged], 1),
      endTaggedBuilds: (tx) => contents.endTaggedBuilds(tx, 1, [1], 2),
      taggedOf: (tx) => contents.taggedOf(tx, 1, [1]),
      taggedBuilds: async (tx) => [
        await contents.taggedBuilds(tx, [1], 99),
        await contents.taggedBuilds(tx, [1], 99, ['p']),
      ],
      actorsOf: (tx) => contents.actorsOf(tx, [1]),
      tagsOfBuild: (tx) => contents.tagsOfBuild(tx, 1),
      listedPackages: async (tx) => [
        await contents.listedPackages(tx, [1], 99),
        await contents.listedPackages(tx, [1], 99, ['p']),
      ],
      entriesOfBlocked: (tx) => contents.entriesOfBlocked(tx, [1], 99),
      putPackages: (tx) =>
        contents.putPackages(tx, 1, [{ package: 'p', blocked: false, owner: 'o', extraArches: ['i686'] }], 1),
      endPackages: (tx) => contents.endPackages(tx, 1, ['p'], 2),
      touchedPackages: (tx) => contents.touchedPackages(tx, [1], 0, 9),
      buildToTag: async (tx) => [
        await contents.buildToTag(tx, '1'),
        await contents.buildToTag(tx, 'alpha-1-1'),
      ],
      untaggedBuilds: (tx) => contents.untaggedBuilds(tx, { package: 'p' }, 0, 9),
      entriesEverywhere: (tx) =>
        contents.entriesEverywhere(
          tx,
          { package: 'p', owner: 'o', blocked: false },
          { tag: 0, package: '' },
          9,
        ),
    } satisfies Calls<typeof contents>,
  ],
  targets: [
    targets,
    {
      insertTarget: (tx) => targets.insertTarget(tx, 'new', 1, 1, 1),
      updateTarget: (tx) => targets.updateTarget(tx, 1, { name: 'other', buildTag: 1, destTag: 1 }),
      endTarget: (tx) => targets.endTarget(tx, 1, 2),
      insertAlias: (tx) => targets.insertAlias(tx, 1, 'alias'),
      deleteAliases: (tx) => targets.deleteAliases(tx, 1, ['alias']),
      isAlias: (tx) => targets.isAlias(tx, 'alias'),
      keepTargetState: (tx) => targets.keepTargetState(tx, 1, 2),
      findTarget: async (tx) => [
        await targets.findTarget(tx, { name: 'f1' }),
        await targets.findTarget(tx, { id: 1 }),
        await targets.findTarget(tx, { name: 'f1' }, true),
      ],
      followersOf: (tx) => targets.followersOf(tx, 1),
      listTargets: (tx) => targets.listTargets(tx, '', 9),
      targetsOfTag: (tx) => targets.targetsOfTag(tx, 1),
      runningBuilds: async (tx) => [
        await targets.runningBuilds(tx, { tag: 1 }),
        await targets.runningBuilds(tx, { target: 1 }),
      ],
    } satisfies Calls<typeof targets>,
  ],
  'side tags': [
    sides,
    {
      putSide: (tx) => sides.putSide(tx, 1, { kind: 'person', owner: 'o', base: 1, days: 3 }),
      setSideEnd: (tx) => sides.setSideEnd(tx, [1], 3),
      deleteSide: (tx) => sides.deleteSide(tx, 1),
      findSide: (tx) => sides.findSide(tx, 1),
      listSides: (tx) => sides.listSides(tx, { owner: 'o', base: 1, all: false }, '', 9),
      endedSides: (tx) => sides.endedSides(tx, 9),
    } satisfies Calls<typeof sides>,
  ],
  history: [
    history,
    {
      historyPage: async (tx) => [
        await history.historyPage(tx, { since: 1, until: 9 }, 9),
        await history.historyPage(
          tx,
          { since: 1, until: 9, tag: 1, actor: 'a', active: false, after: { change: 5, key: 'k' } },
          9,
        ),
        await history.historyPage(tx, { since: 1, until: 9, package: 'p', active: true, kind: 'package' }, 9),
        await history.historyPage(tx, { since: 1, until: 9, build: 1 }, 9),
        await history.historyPage(tx, { since: 1, until: 9, target: 1 }, 9),
      ],
    } satisfies Calls<typeof history>,
  ],
  batches: [
    batches,
    {
      insertBatch: (tx) => batches.insertBatch(tx, batch),
      insertItems: (tx) => batchOf(tx),
      findBatch: (tx) => batches.findBatch(tx, 1),
      lockBatch: (tx) => batches.lockBatch(tx, 1),
      listBatches: (tx) => batches.listBatches(tx, { state: 'running', owner: 'o', before: 9, limit: 9 }),
      setBatchState: (tx) => batches.setBatchState(tx, 1, 'done'),
      failBatch: (tx) => batches.failBatch(tx, 1, failure),
      keepPlan: (tx) => batches.keepPlan(tx, 1, plan),
      keepRequest: (tx) => batches.keepRequest(tx, 1, {}),
      setPlanTask: (tx) => batches.setPlanTask(tx, 1, 1),
      setSideTag: (tx) => batches.setSideTag(tx, 1, 1),
      setClosureTask: (tx) => batches.setClosureTask(tx, 1, 1),
      keepClosure: (tx) => batches.keepClosure(tx, 1, null),
      tellFailure: (tx) => batches.tellFailure(tx, 1, failure),
      buildOfSource: (tx) => batches.buildOfSource(tx, 'a'.repeat(64), 't', {}, ['p']),
      setMerged: (tx) => batches.setMerged(tx, 1),
      itemsOf: (tx) => batches.itemsOf(tx, 1),
      needsOf: (tx) => batches.needsOf(tx, 1),
      countsOf: (tx) => batches.countsOf(tx, [1]),
      itemOfBuild: (tx) => batches.itemOfBuild(tx, 1),
      setItem: (tx) => batches.setItem(tx, 1, 'failed', failure),
      linkItem: (tx) => batches.linkItem(tx, 1, 1),
      letGo: async (tx) => batches.letGo(tx, await batchOf(tx)),
      holdUsers: async (tx) => batches.holdUsers(tx, await batchOf(tx)),
      unholdUsers: (tx) => batches.unholdUsers(tx, 1),
      cancelWaiting: (tx) => batches.cancelWaiting(tx, 1),
      batchesToPump: (tx) => batches.batchesToPump(tx),
      readyItems: async (tx) => [await batchOf(tx), await batches.readyItems(tx, 1, 9)],
      changeOfNeeds: (tx) => batches.changeOfNeeds(tx, 1, [1]),
      isAtRest: (tx) => batches.isAtRest(tx, 1),
    } satisfies Calls<typeof batches>,
  ],
  logs: [
    logs,
    {
      findLog: (tx) => logs.findLog(tx, 1, 1, 'l'),
      findLogById: (tx) => logs.findLogById(tx, 1),
      listLogs: (tx) => logs.listLogs(tx, 1),
      lockLog: (tx) => logs.lockLog(tx, 1, 1, 'l'),
      countLogs: (tx) => logs.countLogs(tx, 1, 1),
      appendChunk: async (tx) =>
        logs.appendChunk(tx, (await logs.lockLog(tx, 1, 1, 'l')).id, 0, 1, Buffer.from('x'), true),
      readChunks: (tx) => logs.readChunks(tx, 1, 0, 9),
      unsealedLogs: (tx) => logs.unsealedLogs(tx, 9),
      sealLog: async (tx) => {
        await blobs.insertBlob(tx, hash, 1);
        const { id } = await logs.lockLog(tx, 1, 1, 'l');
        return await logs.sealLog(tx, id, hash, [{ start: 0, length: 1, sealedAt: 0, stored: 1 }]);
      },
    } satisfies Calls<typeof logs>,
  ],
  builds: [
    builds,
    {
      insertBuild: async (tx) => {
        const { sourceSha256 } = await buildOf(tx);
        const about = {
          name: 'n',
          target: 1,
          sourceName: 's',
          sourceSha256,
          owner: 'o',
          scratch: false,
          options: {},
          after: 1.5,
          needsChange: 1,
          links: [],
        };
        return await builds.insertBuild(tx, about);
      },
      findBuild: (tx) => builds.findBuild(tx, 1),
      findBuildByNvr: (tx) => builds.findBuildByNvr(tx, 'alpha-1-1'),
      lockBuild: (tx) => builds.lockBuild(tx, 1),
      listBuilds: (tx) =>
        builds.listBuilds(tx, {
          state: 'complete',
          package: 'alpha',
          owner: 'o',
          target: 't',
          before: 9,
          limit: 9,
        }),
      takeNvr: async (tx) => builds.takeNvr(tx, await buildOf(tx), nvr),
      pinLinks: (tx) => builds.pinLinks(tx, 1, [{ tag: 1, name: 'link', priority: 10, revision: 1 }]),
      pinRevision: (tx) => builds.pinRevision(tx, 1, 1, 'key'),
      endBuild: (tx) => builds.endBuild(tx, 1, 'failed', failure),
      insertRpms: async (tx) => {
        await blobs.insertBlob(tx, hash, 1);
        return await builds.insertRpms(tx, 1, 1, true, [rpm]);
      },
      rpmsTaken: async (tx) => builds.rpmsTaken(tx, await buildOf(tx)),
      reopenBuild: (tx) => builds.reopenBuild(tx, 1),
      setSourceRpm: (tx) => builds.setSourceRpm(tx, 1, 1),
      rpmsOfBuild: (tx) => builds.rpmsOfBuild(tx, 1),
      insertBuildroot: (tx) => builds.insertBuildroot(tx, root, [pkg], hash, ['a >= 1']),
      buildrootsOf: (tx) => builds.buildrootsOf(tx, 1),
      shownBuild: (tx) => builds.shownBuild(tx, 'alpha', [1, 2]),
      rootsOf: (tx) => builds.rootsOf(tx, 1),
      madeSource: (tx) => builds.madeSource(tx, 1),
      lastSources: (tx) => builds.lastSources(tx, [1]),
      pinnedName: (tx) => builds.pinnedName(tx, 1),
    } satisfies Calls<typeof builds>,
  ],
  repos: [
    repos,
    {
      findRepo: async (tx) => [await repos.findRepo(tx, 1), await repos.findRepo(tx, 1, true)],
      setRepo: (tx) => repos.setRepo(tx, 1, 1, 1),
      linkBuild: (tx) => repos.linkBuild(tx, 1, 1),
      buildsOfPublish: (tx) => repos.buildsOfPublish(tx, 1),
      copiesOfBuilds: (tx) => repos.copiesOfBuilds(tx, [1]),
      copiesInRuns: (tx) => repos.copiesInRuns(tx, [1], ['p']),
      timeOfChange: (tx) => repos.timeOfChange(tx, 1),
      latestTrees: (tx) => repos.latestTrees(tx, 1),
      nextNumber: (tx) => repos.nextNumber(tx, 1),
      insertRevision: async (tx) => {
        await blobs.insertBlob(tx, hash, 1);
        const trees = [{ tree: 'x86_64', layout: 'plain', packages: 1, runs: [1], files: [file] }];
        return await repos.insertRevision(tx, { repo: 1, number: 9, change: 1, task: 2, trees });
      },
      listRevisions: (tx) => repos.listRevisions(tx, 1, 99, 9),
      changeOf: (tx) => repos.changeOf(tx, 1),
      revisionAddress: (tx) => repos.revisionAddress(tx, 1, 'x86_64'),
      resolveRevision: async (tx) => [
        await repos.resolveRevision(tx, 'build', 'f1', 1),
        await repos.resolveRevision(tx, 'dist', 'f1', 'latest'),
      ],
      metadataFile: (tx) => repos.metadataFile(tx, 1, 'x86_64', 'repomd.xml'),
      packageFile: (tx) => repos.packageFile(tx, 1, 'x86_64', 'a'),
      stalledRepos: (tx) => repos.stalledRepos(tx),
      unsignedBefore: (tx) => repos.unsignedBefore(tx, 1),
      restorable: (tx) => repos.restorable(tx, 1, 1),
      revisionFacts: (tx) => repos.revisionFacts(tx, 1),
      treesOfRevision: (tx) => repos.treesOfRevision(tx, 1),
      showRevision: (tx) => repos.showRevision(tx, 1, 1),
    } satisfies Calls<typeof repos>,
  ],
  dists: [
    dists,
    {
      findDist: async (tx) => [
        await dists.findDist(tx, { name: 'd' }),
        await dists.findDist(tx, { id: 1 }, true),
      ],
      listDists: (tx) => dists.listDists(tx, '', 9),
      automaticDists: (tx) => dists.automaticDists(tx, [1]),
      stillDists: (tx) => dists.stillDists(tx, 'k'),
      nextRepoId: (tx) => dists.nextRepoId(tx),
      insertDist: async (tx) => {
        const id = await dists.nextRepoId(tx);
        return await dists.insertDist(tx, { id, name: 'd', tag: 1, definition: dist, wanted: 1, task: 1 });
      },
      updateDefinition: (tx) => dists.updateDefinition(tx, 1, dist),
      wantChange: (tx) => dists.wantChange(tx, 1, 1, 1),
      touchedPackages: (tx) => dists.touchedPackages(tx, 1),
      untouch: (tx) => dists.untouch(tx, [1]),
      touch: async (tx) => [await dists.touch(tx, 1), await dists.touch(tx, 1, [1])],
      packagesOfBuilds: (tx) => dists.packagesOfBuilds(tx, [1]),
      unreadCopies: (tx) => dists.unreadCopies(tx, [1]),
      touchedDists: (tx) => dists.touchedDists(tx),
      isOffline: (tx) => dists.isOffline(tx, 'k'),
      revokedKeys: (tx) => dists.revokedKeys(tx, ['k']),
      distsWithKey: (tx) => dists.distsWithKey(tx, 'k'),
      copiesByRevoked: (tx) => dists.copiesByRevoked(tx, 1),
      missingKey: (tx) => dists.missingKey(tx, ['k']),
      distRevisions: async (tx) => [
        await dists.distRevisions(tx, 1, { id: 1 }),
        await dists.distRevisions(tx, 1, { before: 9, limit: 9 }),
      ],
    } satisfies Calls<typeof dists>,
  ],
  seals: [
    seals,
    {
      unsealedTrees: (tx) => seals.unsealedTrees(tx, 1),
      findSealing: (tx) => seals.findSealing(tx, hash, 1),
      noteSeal: (tx) => seals.noteSeal(tx, 1, hash, 1),
      unsealedAgain: async (tx) => [await seals.unsealedAgain(tx), await seals.unsealedAgain(tx, 1)],
      addSeal: async (tx) => {
        await blobs.insertBlob(tx, hash, 1);
        return await seals.addSeal(tx, 1, 'x86_64', { sha256: hash, size: 1 });
      },
    } satisfies Calls<typeof seals>,
  ],
});
