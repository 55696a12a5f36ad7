/**
 * `recover`: every minute a tenth of 200 workers is killed under load. Half of them stay away; half come back under
 * their names as processes that know nothing of what they held. In the end every task must be done exactly once, by
 * what the ledger says; and the figure is how long after a kill the last of what was held is with somebody else. The
 * leases' times are the real ones: 60 s without a sign of life, and a tenth of what the attempt had run before others
 * may have it.
 *
 * MOROMI_MINUTES: of load (3).
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Completion, Problem } from '@moromi/contract';
import { checkPromises } from '../tests/harness/promises.ts';
import { fill } from './backlog.ts';
import { median, peakRssMb, print, quantile, say, spread } from './figure.ts';
import { enrolFleet, type ModelWorker } from './fleet.ts';
import { Kills } from './kills.ts';
import { makeEmpty, type PackageFile, upload } from './package.ts';
import { Strain } from './strain.ts';
import { makeBareTarget, startWorld, type World } from './world.ts';

const minutes = Number(process.env['MOROMI_MINUTES'] ?? 3);
const workers = 200;
/** A build is a task for its source and one for its only architecture. */
const tasksPerBuild = 2;
const leastSeconds = 4;
const mostSeconds = 16;
const builds = Math.round((minutes * 60 * workers) / ((leastSeconds + mostSeconds) / 2) / tasksPerBuild);
/** For what was held by the last to be killed, and for a machine that is slow. */
const patienceSeconds = 150;

interface Files {
  source: PackageFile;
  rpm: PackageFile;
}

export async function recover(): Promise<void> {
  await using world = await startWorld();
  await makeBareTarget(world, ['x86_64']);
  const files = await makeEmpty(world.home, 'recovered');
  await upload(world.client, files.source);
  await upload(world.client, files.rpm);
  const fleet = await enrolFleet(world, workers, ['x86_64']);
  await fill(world, files.source, { arches: ['x86_64'], owners: 5, priorities: [20] }, builds);
  const kills = new Kills(world);
  const strain = new Strain(world);
  const start = performance.now();
  for (const worker of fleet) void work(worker, files);
  const killing = killEveryMinute(fleet, kills, (worker) => {
    fleet.push(worker);
    void work(worker, files);
  });
  while ((await kills.open()) > 0) {
    if ((performance.now() - start) / 1000 > minutes * 60 + patienceSeconds)
      throw new Error(`${await kills.open()} tasks are not done in time`);
    await delay(500);
  }
  say(`${builds} builds in ${((performance.now() - start) / 1000).toFixed(0)} s; ${strain.said()}`);
  await killing;
  strain.end();
  for (const worker of fleet) worker.kill();
  await report(world, kills);
}

async function work(worker: ModelWorker, { source, rpm }: Files): Promise<void> {
  while (!worker.dead) {
    try {
      const lease = await worker.take();
      await delay((leastSeconds + Math.random() * (mostSeconds - leastSeconds)) * 1000);
      if (worker.dead) return;
      const srpm = { name: source.name, sha256: source.sha256, size: source.bytes.length };
      const rpms =
        lease.kind === 'build' ? [{ name: rpm.name, sha256: rpm.sha256, size: rpm.bytes.length }] : [];
      for (const file of [srpm, ...rpms]) await worker.have(lease, file);
      const installed = [{ nevra: 'bash-5-1.x86_64', sha256: '0'.repeat(64), repo: 'base' }];
      const done: Completion = { outcome: 'done', packages: { srpm, rpms, installed } };
      await worker.finish(lease, done);
    } catch (error) {
      // What was lost is another's now; all else shows in the ledger.
      if (!worker.dead && !(error instanceof Problem)) throw error;
    }
  }
}

/** The first after half a minute, so that there is load before and after each. */
async function killEveryMinute(
  fleet: readonly ModelWorker[],
  kills: Kills,
  back: (worker: ModelWorker) => void,
): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await delay(minute === 0 ? 30_000 : 60_000);
    const alive = fleet.filter((one) => !one.dead);
    const chosen = alive.toSorted(() => Math.random() - 0.5).slice(0, Math.round(workers / 10));
    await kills.kill(chosen);
    void comeBack(chosen.slice(0, chosen.length / 2), back);
  }
}

async function comeBack(killed: readonly ModelWorker[], back: (worker: ModelWorker) => void): Promise<void> {
  await delay(5000 + Math.random() * 20_000);
  for (const worker of killed) back(await worker.successor());
}

async function report(world: World, kills: Kills): Promise<void> {
  const wrong = await kills.wrong(builds * tasksPerBuild);
  for (const one of wrong.slice(0, 10)) say(`wrong: ${JSON.stringify(one)}`);
  await checkPromises(world.database, join(world.home, 'hub/blobs'));
  const times = await kills.times();
  const peak = peakRssMb(world.hubPid);
  for (const { killed, seconds } of times)
    say(
      `${killed} killed, ${seconds.length} tasks taken over: half within ${median(seconds).toFixed(1)} s, the last after ${Math.max(...seconds).toFixed(1)} s`,
    );
  const all = times.flatMap((one) => one.seconds);
  print({
    figure: 'recover',
    unit: 's',
    ours: Math.max(...all),
    p50: median(all),
    p99: quantile(all, 0.99),
    spread: spread(all),
    ...(peak === undefined ? {} : { peakRssMb: peak }),
    runs: all.length,
  });
  print({
    figure: 'recover.not-once',
    unit: 'tasks',
    ours: wrong.length,
    runs: builds * tasksPerBuild,
  });
}
