/**
 * `revision`: one build added at a random place of 50,000 packages: from the word that tags it until the repository shows
 * it, hashes and all, over 100 changes; beside `createrepo_c --update --skip-stat` over the same packages with one
 * more. `revision.remove`, `revision.move`: a build less; 1,000 builds from a tag to another, both shown.
 * `revision.cpu`: what hub and PostgreSQL took for a change. `revision.memory`: the most that the hub held during the
 * 100 changes; the same process has made the first revision just before, whose own peak stands beside its time.
 * `revision.size`: of the three documents, packed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { makePeer } from './createrepo.ts';
import { forgetPeak, median, peakRssMb, print, quantile, say, spread } from './figure.ts';
import { cpuOf, type Took } from './rusage.ts';
import { publish, type Stocked, seed, shown, stock } from './stocked.ts';
import { startWorld, type World } from './world.ts';

const changes = 100;
const removals = 20;
const peerRuns = 3;

export async function revision(): Promise<void> {
  const packages = Number(process.env['MOROMI_BENCH_PACKAGES'] ?? 50_000);
  await using world = await startWorld();
  await using stocked = await stock(world, 'bench', packages);
  say('the first revision');
  const first = await publish(world, 'bench');
  const firstMb = peakRssMb(world.hubPid);
  say(`${first.toFixed(1)} s, ${firstMb} MiB`);
  const peer = await makePeer(world.home, seed, stocked.builds.length);
  const updates: Took[] = [];
  for (let n = 0; n < peerRuns; n++) updates.push(await peer.update());
  const theirs = median(updates.map((one) => one.seconds));
  const peerCpu = median(updates.map((one) => one.cpu));
  const peerMb = median(updates.map((one) => one.peakMb));
  say(`createrepo_c: ${theirs.toFixed(1)} s`);
  forgetPeak(world.hubPid);
  const [added, cpu] = await addOnes(world, stocked);
  const memory = peakRssMb(world.hubPid) ?? Number.NaN;
  const base = { unit: 's', peer: theirs, peerName: 'createrepo_c --update --skip-stat' };
  print({
    figure: 'revision',
    ...base,
    ours: median(added),
    ratio: theirs / median(added),
    p50: median(added),
    p99: quantile(added, 0.99),
    spread: spread(added),
    runs: changes,
  });
  print({
    figure: 'revision.first',
    unit: 's',
    ours: first,
    ...(firstMb === undefined ? {} : { peakRssMb: firstMb }),
    runs: 1,
  });
  print({
    figure: 'revision.cpu',
    unit: 's',
    ours: cpu / changes,
    peer: peerCpu,
    peerName: base.peerName,
    ratio: peerCpu / (cpu / changes),
    runs: changes,
  });
  const removed = await removeOnes(world, stocked);
  print({
    figure: 'revision.remove',
    ...base,
    ours: median(removed),
    ratio: theirs / median(removed),
    p99: quantile(removed, 0.99),
    runs: removed.length,
  });
  const moved = await move(world, stocked);
  print({ figure: 'revision.move', unit: 's', ours: moved, runs: 1 });
  print({
    figure: 'revision.memory',
    unit: 'MiB',
    ours: memory,
    peer: peerMb,
    peerName: base.peerName,
    ratio: peerMb / memory,
    runs: 1,
  });
  const [size, peerBytes] = [await sizeOf(world), await peer.bytes()];
  print({
    figure: 'revision.size',
    unit: 'bytes',
    ours: size,
    peer: peerBytes,
    peerName: base.peerName,
    ratio: peerBytes / size,
    runs: 1,
  });
}

/** New builds, each at a place of its own: sources' names come in no order. */
async function addOnes(world: World, stocked: Stocked): Promise<[seconds: number[], cpu: number]> {
  const fresh = [];
  for (let n = 0; n < changes; n++) fresh.push(await stocked.add(1_000_000 + n));
  const took: number[] = [];
  const before = cpuOf(world);
  for (const one of fresh) {
    const at = performance.now();
    await world.client.call('tagBuilds', { params: { name: 'bench' }, body: { builds: [one.nvr] } });
    await shown(world, 'bench', [one.nvr]);
    took.push((performance.now() - at) / 1000);
  }
  return [took, cpuOf(world) - before];
}

async function removeOnes(world: World, { builds }: Stocked): Promise<number[]> {
  const took: number[] = [];
  // The last, which stand anywhere by their names.
  for (const one of builds.slice(-removals)) {
    const at = performance.now();
    await world.client.call('untagBuilds', { params: { name: 'bench' }, body: { builds: [one.nvr] } });
    await shown(world, 'bench');
    took.push((performance.now() - at) / 1000);
  }
  return took;
}

/** 1,000 builds go to another tag, until both repositories say so. */
async function move(world: World, { builds }: Stocked): Promise<number> {
  const { client } = world;
  await client.call('createTag', { body: { name: 'other', settings: { arches: ['x86_64'] } } });
  while ((await client.call('getTag', { params: { name: 'other' } })).revision === null) await delay(20);
  const moved = builds.slice(0, 1000).map((one) => one.nvr);
  const at = performance.now();
  await client.call('moveBuilds', { params: { name: 'bench' }, body: { to: 'other', builds: moved } });
  await Promise.all([shown(world, 'bench'), shown(world, 'other')]);
  return (performance.now() - at) / 1000;
}

async function sizeOf({ hub }: World): Promise<number> {
  const text = await (await fetch(`${hub}/repos/bench/latest/x86_64/repodata/repomd.xml`)).text();
  return [...text.matchAll(/<size>(\d+)<\/size>/g)].reduce((sum, [, size]) => sum + Number(size), 0);
}
