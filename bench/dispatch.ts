/**
 * `dispatch`: from the request that submits a build of an uploaded file to the moment at which a worker holds its first
 * task, in an idle fleet. The worker is a model that only claims; hub, HTTP, database and events are the real ones. Open
 * loop: submissions come at their times, whatever became of the earlier ones.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@moromi/contract';
import { median, peakRssMb, print, quantile, say, spread } from './figure.ts';
import { makeSource, submit, upload } from './package.ts';
import { makeTarget, startWorld } from './world.ts';

/** The first ones come while the hub's code and its connections are still new; they are not counted. */
const warmUp = 100;
const submissions = 500;
/** Far enough apart that the fleet is idle when the next one comes. */
const everyMs = 100;
const slots = 8;

export async function dispatch(): Promise<void> {
  await using world = await startWorld();
  const arch = await makeTarget(world);
  const source = await makeSource(world.home, 'dispatched', '%description\nbench\n%files\n');
  await upload(world.client, source);
  const offer = {
    arches: [arch],
    kinds: ['srpm' as const, 'build' as const],
    slots,
    version: 'bench',
    driver: 'none',
    host: {},
  };
  const enrol = new Client({ hub: world.hub, token: world.enrolToken });
  const { token } = await enrol.call('enrolWorker', { body: { name: 'model', offer } });
  const worker = new Client({ hub: world.hub, token });
  const held = new Map<number, number>();
  const stop = new AbortController();
  const loops = Array.from({ length: slots }, (_, slot) => claimLoop(worker, slot, arch, held, stop.signal));
  const sent = new Map<number, number>();
  const start = performance.now() + 500;
  await Promise.all(
    Array.from({ length: warmUp + submissions }, async (_, n) => {
      await delay(start + n * everyMs - performance.now());
      const at = performance.now();
      const build = await submit(world.client, source, { scratch: true });
      if (n >= warmUp) sent.set(build.task, at);
    }),
  );
  while (held.size < warmUp + submissions) await delay(10);
  stop.abort();
  await Promise.allSettled(loops);
  const times = [...sent].map(([task, at]) => (held.get(task) ?? Number.NaN) - at);
  const peak = peakRssMb(world.hubPid);
  say(`${submissions} submissions at ${1000 / everyMs}/s, after ${warmUp} that are not counted`);
  print({
    figure: 'dispatch',
    unit: 'ms',
    ours: quantile(times, 0.99),
    p50: median(times),
    p99: quantile(times, 0.99),
    spread: spread(times),
    runs: submissions,
    ...(peak === undefined ? {} : { peakRssMb: peak }),
  });
}

async function claimLoop(
  worker: Client,
  slot: number,
  arch: string,
  held: Map<number, number>,
  signal: AbortSignal,
): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const body = {
      slot,
      nonce: `bench-${slot}-${n}`,
      kinds: ['srpm' as const],
      arches: [arch],
      waitSeconds: 25,
    };
    const { lease } = await worker.call('claim', { body }, { signal });
    if (lease === null) continue;
    held.set(lease.task, performance.now());
    const failure = { code: 'bench', message: 'a model worker builds nothing', fault: 'package' as const };
    await worker.call(
      'finishAttempt',
      { params: { id: lease.task, attempt: lease.attempt }, body: { outcome: 'failed', failure } },
      { signal },
    );
  }
}
