/**
 * `lease`: how soon a free worker has a task where 100,000 wait and the fleet has a thousand workers; the greatest rate
 * at which that goes on; and how long it takes until all have one who come back at one moment. Hub, HTTP, database and
 * events are the real ones, the workers are models in this process (its processor time and lateness are told). Beside
 * it pg-boss on the same PostgreSQL.
 *
 * MOROMI_RATE: leases a second (300); MOROMI_SECONDS: for so long (60); MOROMI_PEER=0: without pg-boss.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Backlog, fill } from './backlog.ts';
import { Boss, bossName, bossRate } from './boss.ts';
import { Churn } from './churn.ts';
import { median, peakRssMb, print, quantile, say, spread } from './figure.ts';
import { enrolFleet, type ModelWorker } from './fleet.ts';
import { held, type Paced, pace } from './pace.ts';
import { makeSource, type PackageFile, upload } from './package.ts';
import { Strain } from './strain.ts';
import { makeBareTarget, startWorld, type World } from './world.ts';

const rate = Number(process.env['MOROMI_RATE'] ?? 300);
const seconds = Number(process.env['MOROMI_SECONDS'] ?? 60);
const workers = 1000;
const waiting = 100_000;
const shape: Backlog = { arches: ['x86_64', 'aarch64'], owners: 20, priorities: [10, 20, 30] };
const rates = [20, 40, 60, 80, 100, 125, 150, 200, 250, 300, 450, 600, 900];
const stepSeconds = 12;
/** A rate is held while the slowest percent is not slower than this. */
const limitMs = 250;
const bursts = 3;

/** At any rate some three quarters of the fleet hold a lease. */
const holdMsAt = (perSecond: number): number => (0.7 * workers * 1000) / perSecond;

interface Stage {
  world: World;
  source: PackageFile;
  fleet: ModelWorker[];
  strain: Strain;
}

export async function lease(): Promise<void> {
  await using world = await startWorld();
  await makeBareTarget(world, [...shape.arches]);
  const source = await makeSource(world.home, 'leased', '%description\nbench\n%files\n');
  await upload(world.client, source);
  const fleet = await enrolFleet(world, workers, shape.arches);
  const strain = new Strain(world);
  const stage = { world, source, fleet, strain };
  const churn = new Churn(fleet, holdMsAt(rate));
  const back = await comeBack(stage);
  say('warming the hub');
  await refill(stage);
  await pace(20, 10, 10, churn.seize);
  // Before more is asked than may be held, because what piles up then is in the way of the next for a while.
  const best = await greatest(stage, churn);
  const steady = await paced(stage, churn, rate, seconds);
  if (churn.troubles !== '') say(`workers were told: ${churn.troubles}`);
  const peer = process.env['MOROMI_PEER'] === '0' ? undefined : await playBoss(world, strain);
  strain.end();
  report(world, { back, steady, best }, peer);
}

async function refill({ world, source, strain }: Stage): Promise<void> {
  const at = performance.now();
  const added = await fill(world, source, shape, waiting);
  say(`${added} builds written past the hub in ${((performance.now() - at) / 1000).toFixed(1)} s`);
  strain.begin();
}

/** All workers claim at one moment, over connections that they make for it. @returns milliseconds until all have one */
async function comeBack(stage: Stage): Promise<number[]> {
  const runs: number[] = [];
  for (let n = 0; n < bursts; n++) {
    for (const worker of stage.fleet) worker.reconnect();
    await refill(stage);
    await delay(1000);
    const at = performance.now();
    const times: number[] = [];
    await Promise.all(
      stage.fleet.map(async (worker) => {
        await worker.take();
        times.push(performance.now() - at);
      }),
    );
    runs.push(Math.max(...times));
    say(
      `${workers} at once: half have a lease after ${median(times).toFixed(0)} ms, all after ${Math.max(...times).toFixed(0)} ms; ${stage.strain.said()}`,
    );
    await Promise.all(stage.fleet.flatMap((worker) => worker.held.map((one) => worker.release(one))));
  }
  return runs;
}

async function paced(stage: Stage, churn: Churn, perSecond: number, forSeconds: number): Promise<Paced> {
  await refill(stage);
  churn.holdMs = holdMsAt(perSecond);
  const run = await pace(perSecond, forSeconds, 10, churn.seize);
  say(`${described(run)}; ${stage.strain.said()}`);
  await churn.rest(30);
  return run;
}

/** Steps up while a rate is held. */
async function greatest(stage: Stage, churn: Churn): Promise<Paced | undefined> {
  let best: Paced | undefined;
  for (const step of rates) {
    const run = await paced(stage, churn, step, stepSeconds);
    if (!held(run, limitMs)) break;
    best = run;
  }
  return best;
}

interface Peer {
  back: number[];
  steady: Paced;
  best: Paced | undefined;
}

async function playBoss(world: World, strain: Strain): Promise<Peer> {
  await using boss = await Boss.start(world);
  await boss.fill(waiting);
  boss.holdMs = holdMsAt(rate);
  await pace(20, 5, 10, boss.seize);
  const back: number[] = [];
  for (let n = 0; n < bursts; n++) back.push(await boss.burst(workers));
  await boss.rest();
  strain.begin();
  const steady = await pace(rate, seconds, 10, boss.seize);
  say(`pg-boss: ${described(steady)}; ${strain.said()}`);
  await boss.rest();
  boss.holdMs = 1000;
  const best = await bossRate(boss, [300, 600, 900, 1200, 1800, 2400, 3600], 6, limitMs);
  return { back, steady, best };
}

function described({ rate: perSecond, times, open }: Paced): string {
  return `${perSecond}/s: p50 ${median(times).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms, ${open} open at the end`;
}

function report(world: World, ours: Peer, peer: Peer | undefined): void {
  const peak = peakRssMb(world.hubPid);
  const { times } = ours.steady;
  const p99 = quantile(times, 0.99);
  const peerP99 = peer === undefined ? undefined : quantile(peer.steady.times, 0.99);
  print({
    figure: 'lease',
    unit: 'ms',
    ours: p99,
    ...compared(peerP99, (theirs) => theirs / p99),
    p50: median(times),
    p99,
    ...(peak === undefined ? {} : { peakRssMb: peak }),
    spread: spread(times),
    runs: times.length,
  });
  const greatestRate = ours.best?.rate ?? 0;
  print({
    figure: 'lease.rate',
    unit: 'leases/s',
    ours: greatestRate,
    ...compared(peer?.best?.rate, (theirs) => greatestRate / theirs),
    ...(ours.best === undefined ? {} : { p99: quantile(ours.best.times, 0.99) }),
    runs: 1,
  });
  print({
    figure: 'lease.reconnect',
    unit: 'ms',
    ours: median(ours.back),
    ...compared(peer === undefined ? undefined : median(peer.back), (theirs) => theirs / median(ours.back)),
    spread: spread(ours.back),
    runs: ours.back.length,
  });
}

function compared(peer: number | undefined, ratio: (theirs: number) => number) {
  return peer === undefined ? {} : { peer, peerName: bossName, ratio: ratio(peer) };
}
