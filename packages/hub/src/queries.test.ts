/**
 * Every SQL statement of every room, run once on a real server: a name that the schema lacks, a type that does not fit
 * or a word too many is found here though no other test may come that way.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as blobs from './blobs/queries.ts';
import * as builds from './builds/queries.ts';
import * as catalog from './catalog/queries.ts';
import * as identity from './identity/queries.ts';
import type { Tx } from './ledger/index.ts';
import * as ledger from './ledger/queries.ts';
import * as logs from './logs/queries.ts';
import * as repos from './repos/queries.ts';
import * as control from './tasks/control-queries.ts';
import * as learning from './tasks/learning-queries.ts';
import * as leases from './tasks/lease-queries.ts';
import * as tasks from './tasks/queries.ts';
import * as snapshot from './tasks/snapshot-queries.ts';
import * as waiting from './tasks/waiting-queries.ts';
import { rpmbuild } from './testing/samples.ts';
import { type Stage, setStage } from './testing/stage.ts';
import * as workers from './workers/queries.ts';

type Calls<Room> = {
  [Name in keyof Room as Room[Name] extends (...given: never[]) => unknown ? Name : never]: (
    tx: Tx,
  ) => unknown;
};

const hash = 'a'.repeat(64);
const failure = { code: 'c', message: 'm', fault: 'package' as const };
const offer = { arches: ['x86_64'], kinds: ['srpm' as const], slots: 1, version: '', driver: '', host: {} };
const upload = {
  id: 'u',
  principal: 'p',
  task: null,
  attempt: null,
  name: 'n',
  size: 1,
  sha256: hash,
  complete: false,
};
const asking = { worker: 'w1', slot: 0, nonce: 'nonce' };
const tagged = { build: 1, package: 'p', nvr: 'p-1-1', owner: 'o' };
const nvr = { nvr: 'p-1-1', name: 'p', epoch: null, version: '1', release: '1' };
const root = { task: 1, attempt: 1, build: 1, arch: 'x86_64', worker: 'w1', revision: 1 };
const pkg = { nevra: 'a-1-1.x86_64', sha256: hash, repo: 'r' };
const file = { name: 'repomd.xml', sha256: hash, size: 1 };
const rpm = {
  nevra: 'a-1-1.x86_64',
  name: 'a',
  epoch: 1,
  version: '1',
  release: '1',
  arch: 'x86_64',
  file_name: 'a-1-1.x86_64.rpm',
  source_rpm: null,
  sha256: hash,
  size: 1,
  header_start: 1,
  header_end: 2,
};
const task = {
  kind: 'srpm' as const,
  label: 'l',
  arch: null,
  owner: 'o',
  priority: 1,
  build: 1,
  parent: 1,
  request: {},
  blockedBy: [1, 2],
  failure,
};
const wanted = { kinds: ['srpm'], arches: ['x86_64'], channels: ['default'], workers: ['w1'] };
const key = { name: 'p', kind: 'build', arch: 'x86_64' };
async function buildOf(tx: Tx): Promise<builds.BuildFacts> {
  const build = await builds.findBuild(tx, 1);
  if (build === undefined) throw new Error('the stage has no build');
  return build;
}
async function taskOf(tx: Tx): Promise<tasks.TaskFacts> {
  const found = await tasks.findTask(tx, 1);
  if (found === undefined) throw new Error('the stage has no task');
  return found;
}

const rooms = {
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
  blobs: [
    blobs,
    {
      insertBlob: (tx) => blobs.insertBlob(tx, hash, 1),
      blobSize: (tx) => blobs.blobSize(tx, hash),
      missingBlobs: (tx) => blobs.missingBlobs(tx, [{ sha256: hash, size: 1 }]),
      insertUpload: (tx) => blobs.insertUpload(tx, upload),
      findUpload: (tx) => blobs.findUpload(tx, 'u'),
      listParts: (tx) => blobs.listParts(tx, 'u'),
      insertPart: async (tx) => {
        await blobs.insertUpload(tx, upload);
        return await blobs.insertPart(tx, 'u', { part: 0, size: 1, sha256: hash });
      },
      finishUpload: (tx) => blobs.finishUpload(tx, upload),
      staleUploads: (tx) => blobs.staleUploads(tx),
      deleteUpload: (tx) => blobs.deleteUpload(tx, 'u'),
    } satisfies Calls<typeof blobs>,
  ],
  identity: [
    identity,
    {
      findToken: (tx) => identity.findToken(tx, hash),
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
      newestChange: (tx) => catalog.newestChange(tx),
      insertTag: (tx) => catalog.insertTag(tx, 'new', {}, 1),
      updateSettings: (tx) => catalog.updateSettings(tx, 1, {}),
      insertParent: (tx) => catalog.insertParent(tx, 1, 1, 1, 1),
      findTag: (tx) => catalog.findTag(tx, 'f1'),
      tagsById: (tx) => catalog.tagsById(tx, [1, 2]),
      listTags: (tx) => catalog.listTags(tx, '', 9),
      edges: (tx) => catalog.edges(tx, 1),
      lineage: (tx) => catalog.lineage(tx, 1),
      insertTaggedBuild: (tx) => catalog.insertTaggedBuild(tx, 1, tagged, 1),
      taggedBuilds: (tx) => catalog.taggedBuilds(tx, [1], 99),
      tagsOfBuild: (tx) => catalog.tagsOfBuild(tx, 1),
      insertTarget: (tx) => catalog.insertTarget(tx, 'new', 1, 1, 1),
      findTarget: async (tx) => [
        await catalog.findTarget(tx, { name: 'f1' }),
        await catalog.findTarget(tx, { id: 1 }),
      ],
      listTargets: (tx) => catalog.listTargets(tx, '', 9),
    } satisfies Calls<typeof catalog>,
  ],
  workers: [
    workers,
    {
      upsertWorker: (tx) => workers.upsertWorker(tx, 'w1', offer),
      updateOffer: (tx) => workers.updateOffer(tx, 'w1', offer),
      seen: (tx) =>
        workers.seen(tx, 'w1', {
          leaving: true,
          unfit: { code: 'c', reason: 'r' },
          clock: '2026-11-21T12:00:00Z',
        }),
      listWorkers: (tx) => workers.listWorkers(tx, '', 9),
      findWorker: (tx) => workers.findWorker(tx, 'w1'),
      lockWorker: (tx) => workers.lockWorker(tx, 'w1'),
      workersByName: (tx) => workers.workersByName(tx, ['w1']),
      allWorkers: (tx) => workers.allWorkers(tx),
      fasterWorkers: (tx) => workers.fasterWorkers(tx, 0.5),
      editWorker: async (tx) => [
        await workers.editWorker(tx, 'w1', { channels: ['c'], excludes: ['k*'], capacity: 2.5 }),
        await workers.editWorker(tx, 'w1', {}),
      ],
      setStanding: (tx) => workers.setStanding(tx, 'w1', 'disabled', 'r', 'a'),
      keepTroubles: (tx) => workers.keepTroubles(tx, 'w1', [{ task: 1, code: 'c' }]),
      othersInTrouble: (tx) => workers.othersInTrouble(tx, 'w1', 'c', 60),
      forgetRefusals: (tx) => workers.forgetRefusals(tx, 'w1'),
      keepSpeeds: (tx) => workers.keepSpeeds(tx, 'w1', [1.5], 1.5),
      speedsOf: (tx) => workers.speedsOf(tx, 'w1'),
      tasksOfWorkers: (tx) => workers.tasksOfWorkers(tx, ['w1']),
    } satisfies Calls<typeof workers>,
  ],
  tasks: [
    tasks,
    {
      insertTask: (tx) => tasks.insertTask(tx, task, { seconds: 1.5, runs: 2 }),
      findTask: (tx) => tasks.findTask(tx, 1),
      lockTask: (tx) => tasks.lockTask(tx, 1),
      tasksOfBuild: (tx) => tasks.tasksOfBuild(tx, 1),
      listTasks: (tx) =>
        tasks.listTasks(tx, {
          state: 'done',
          kind: 'srpm',
          build: 1,
          owner: 'o',
          arch: 'a',
          worker: 'w',
          before: 9,
          limit: 9,
        }),
      childrenOf: async (tx) => tasks.childrenOf(tx, await taskOf(tx)),
      blockersOf: (tx) => tasks.blockersOf(tx, 1),
      attemptsOf: (tx) => tasks.attemptsOf(tx, 1),
      endTask: (tx) => tasks.endTask(tx, 1, 'failed', { a: 1 }, failure),
      endAttempt: (tx) => tasks.endAttempt(tx, 1, 1, 'failed', failure),
      freeTask: (tx) => tasks.freeTask(tx, 1, 1, 2.5),
      reopenTask: (tx) => tasks.reopenTask(tx, 1),
      amendRequest: (tx) => tasks.amendRequest(tx, 1, {}),
    } satisfies Calls<typeof tasks>,
  ],
  leases: [
    leases,
    {
      takeLeases: (tx) => leases.takeLeases(tx, [{ task: 1, ...asking }], 10),
      leasesOfClaims: (tx) => leases.leasesOfClaims(tx, [asking]),
      leaseOfClaim: (tx) => leases.leaseOfClaim(tx, 'w1', 0, 'nonce'),
      renew: (tx) => leases.renew(tx, 'w1', [{ task: 1, attempt: 1 }], 60),
      keepLease: (tx) => leases.keepLease(tx, 1, 1, 'w1'),
      isReclaimable: (tx) => leases.isReclaimable(tx, 1, 1, 'w1'),
      reclaim: (tx) => leases.reclaim(tx, 1, 1, 'w1', 60),
      lapsedLeases: async (tx) => [await leases.lapsedLeases(tx), await leases.lapsedLeases(tx, 1)],
      extendLeases: (tx) => leases.extendLeases(tx, new Date(), 5.5, 30),
    } satisfies Calls<typeof leases>,
  ],
  snapshot: [
    snapshot,
    {
      readyTasks: (tx) => snapshot.readyTasks(tx, wanted, 9, [1]),
      heldBy: (tx) => snapshot.heldBy(tx, ['w1']),
      runningSums: (tx) => snapshot.runningSums(tx),
      quotas: (tx) => snapshot.quotas(tx),
      lockQuotas: (tx) => snapshot.lockQuotas(tx, ['o'], [1]),
      busyUntil: (tx) => snapshot.busyUntil(tx, ['w1']),
      liftOld: (tx) => snapshot.liftOld(tx, 60, 10, 10),
      refuse: async (tx) => [
        await snapshot.refuse(tx, 1, 'w1', { hard: false, reason: 'r', seconds: 9 }),
        await snapshot.refuse(tx, 1, 'w1', { hard: true, reason: 'r', seconds: null }),
      ],
      refusalsOf: (tx) => snapshot.refusalsOf(tx, [1]),
    } satisfies Calls<typeof snapshot>,
  ],
  learning: [
    learning,
    {
      durationsOf: (tx) => learning.durationsOf(tx, 'p', 'build', 'x86_64'),
      keepDuration: (tx) => learning.keepDuration(tx, key, [1.5], 1.5),
      keepMemoryNeed: (tx) => learning.keepMemoryNeed(tx, key, 4096),
      renewUsual: (tx) => learning.renewUsual(tx),
      addUse: (tx) => learning.addUse(tx, 'o', 1.5),
      gatherUses: async (tx) => [await learning.addUse(tx, 'o', 1.5), await learning.gatherUses(tx, 60)],
      usesOf: (tx) => learning.usesOf(tx, ['o']),
      attemptTimes: (tx) => learning.attemptTimes(tx, 1, 1),
    } satisfies Calls<typeof learning>,
  ],
  waiting: [
    waiting,
    {
      blockersWith: (tx) => waiting.blockersWith(tx, [1]),
      lines: (tx) => waiting.lines(tx),
      placesOf: (tx) => waiting.placesOf(tx, [1]),
      pauses: (tx) => waiting.pauses(tx),
    } satisfies Calls<typeof waiting>,
  ],
  control: [
    control,
    {
      assign: (tx) => control.assign(tx, 1, 'w1'),
      setPriorityOf: async (tx) => [
        await control.setPriorityOf(tx, { task: 1 }, 5),
        await control.setPriorityOf(tx, { build: 1 }, 6),
      ],
      setMemoryNeed: (tx) => control.setMemoryNeed(tx, 1, 4096),
      leasedTasksOf: (tx) => control.leasedTasksOf(tx, 'w1'),
      keepQuota: async (tx) => [
        await control.keepQuota(tx, 'owner', 'o', 3),
        await control.keepQuota(tx, 'owner', 'o', null),
      ],
      keepPause: async (tx) => [
        await control.keepPause(tx, '', { reason: 'r', actor: 'a' }),
        await control.keepPause(tx, '', null),
      ],
      taskFigures: (tx) => control.taskFigures(tx),
      notHeld: (tx) => control.notHeld(tx, [{ worker: 'w1', task: 1, attempt: 1 }]),
      standingsOf: (tx) => control.standingsOf(tx, ['w1']),
    } satisfies Calls<typeof control>,
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
      insertBuildroot: (tx) => builds.insertBuildroot(tx, root, [pkg], hash),
      buildrootsOf: (tx) => builds.buildrootsOf(tx, 1),
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
      members: (tx) => repos.members(tx, [1]),
      nextNumber: (tx) => repos.nextNumber(tx, 1),
      insertRevision: async (tx) => {
        await blobs.insertBlob(tx, hash, 1);
        const arches = [{ arch: 'x86_64', rpms: [1], files: [file] }];
        return await repos.insertRevision(tx, { tag: 1, number: 9, change: 1, task: 2, arches });
      },
      listRevisions: (tx) => repos.listRevisions(tx, 1, 99, 9),
      revisionAddress: (tx) => repos.revisionAddress(tx, 1, 'x86_64'),
      resolveRevision: async (tx) => [
        await repos.resolveRevision(tx, 'f1', 1),
        await repos.resolveRevision(tx, 'f1', 'latest'),
      ],
      metadataFile: (tx) => repos.metadataFile(tx, 1, 'x86_64', 'repomd.xml'),
      packageFile: (tx) => repos.packageFile(tx, 1, 'x86_64', 'a'),
      stalledRepos: (tx) => repos.stalledRepos(tx),
    } satisfies Calls<typeof repos>,
  ],
} as const;

let stage: Stage;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-queries-'));
  const alpha = await rpmbuild(folder, { name: 'alpha' });
  stage = await setStage();
  await stage.submit(alpha.srpm, { arches: ['x86_64'] });
  for (let n = 0; n < 2; n++) await stage.worker.work(alpha);
});
afterAll(async () => {
  await stage.stop();
  await rm(folder, { recursive: true });
});

class Undo extends Error {}

describe.each(Object.entries(rooms))('the queries of %s', (_, [room, calls]) => {
  test('are all listed here', () => {
    const functions = Object.entries(room).filter(([, value]) => typeof value === 'function');
    expect(Object.keys(calls).toSorted()).toEqual(functions.map(([name]) => name).toSorted());
  });

  test.each(Object.entries(calls as Record<string, (tx: Tx) => unknown>))(
    '%s runs on the schema',
    async (_name, run) => {
      const undone = stage.hub.ledger.tx('test', async (tx) => {
        // What one leaves half done is no matter: everything is taken back, and the sweeps wait for nothing.
        await sql`SET LOCAL lock_timeout = '30s'`.execute(tx);
        await run(tx);
        throw new Undo();
      });
      await expect(undone).rejects.toBeInstanceOf(Undo);
    },
  );
});
