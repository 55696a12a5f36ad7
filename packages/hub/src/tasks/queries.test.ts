/** Every SQL statement of the fleet and its tasks, run once. */

import { type Calls, testQueries } from '../testing/queries.ts';
import { asking, failure, key, offer, task, taskOf, wanted } from '../testing/query-facts.ts';
import * as workers from '../workers/queries.ts';
import * as refresh from '../workers/refresh-queries.ts';
import * as control from './control-queries.ts';
import * as learning from './learning-queries.ts';
import * as leases from './lease-queries.ts';
import * as tasks from './queries.ts';
import * as snapshot from './snapshot-queries.ts';
import * as waiting from './waiting-queries.ts';

testQueries({
  workers: [
    workers,
    {
      upsertWorker: (tx) => workers.upsertWorker(tx, 'w1', offer),
      updateOffer: (tx) => workers.updateOffer(tx, 'w1', offer),
      seen: (tx) =>
        workers.seen(
          tx,
          new Map([
            ['w1', { leaving: true, unfit: { code: 'c', reason: 'r' }, clock: '2026-11-21T12:00:00Z' }],
          ]),
        ),
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
  refresh: [
    refresh,
    {
      askAnew: async (tx) => [await refresh.askAnew(tx), await refresh.askAnew(tx, ['w1'])],
      keepAnswer: (tx) =>
        refresh.keepAnswer(tx, 'w1', offer, {
          ask: 1,
          problem: 'p',
          restart: ['name'],
          unfit: { code: 'c', reason: 'r' },
        }),
    } satisfies Calls<typeof refresh>,
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
      blockMore: (tx) => tasks.blockMore(tx, 1, [2]),
      attemptsOf: (tx) => tasks.attemptsOf(tx, 1),
      endTask: (tx) => tasks.endTask(tx, 1, 'failed', { a: 1 }, failure),
      endAttempt: (tx) => tasks.endAttempt(tx, 1, 1, 'failed', failure),
      freeTask: (tx) => tasks.freeTask(tx, 1, 1, 2.5),
      reopenTask: (tx) => tasks.reopenTask(tx, 1),
      redoTask: (tx) => tasks.redoTask(tx, 1, {}),
      amendRequest: (tx) => tasks.amendRequest(tx, 1, {}),
    } satisfies Calls<typeof tasks>,
  ],
  leases: [
    leases,
    {
      takeLeases: (tx) => leases.takeLeases(tx, [{ task: 1, ...asking }], 10),
      leasesOfClaims: (tx) => leases.leasesOfClaims(tx, [asking]),
      renew: (tx) => leases.renew(tx, [{ task: 1, attempt: 1, worker: 'w1' }], 60),
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
      readyTasks: async (tx) => [
        await snapshot.readyTasks(tx, wanted, { each: 9, all: 99, seen: [1] }),
        await snapshot.readyTasks(tx, wanted, { each: 9, all: 99, queues: [1], seen: [] }),
      ],
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
      durationsOfMany: (tx) => learning.durationsOfMany(tx, ['p']),
      usualDurations: (tx) => learning.usualDurations(tx),
      keepDuration: (tx) => learning.keepDuration(tx, key, [1.5], 1.5, { memoryUsed: [1], diskUsed: [] }),
      keepMemoryNeed: (tx) => learning.keepMemoryNeed(tx, key, 4096),
      renewUsual: (tx) => learning.renewUsual(tx),
      addUse: (tx) => learning.addUse(tx, { id: 1, owner: 'o', weight: 1.5 }, 1),
      gatherUses: (tx) => learning.gatherUses(tx, 60),
      usesOf: (tx) => learning.usesOf(tx, ['o']),
    } satisfies Calls<typeof learning>,
  ],
  waiting: [
    waiting,
    {
      blockersWith: (tx) => waiting.blockersWith(tx, [1]),
      lines: (tx) => waiting.lines(tx),
      placesOf: (tx) => waiting.placesOf(tx, [1]),
      pauses: (tx) => waiting.pauses(tx),
      waitingHeads: (tx) => waiting.waitingHeads(tx, 60, 9, 0),
      keepTold: (tx) => waiting.keepTold(tx, 1, null, 'busy'),
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
      lookOver: (tx) => control.lookOver(tx, [{ worker: 'w1', task: 1, attempt: 1 }], ['w1']),
    } satisfies Calls<typeof control>,
  ],
});
