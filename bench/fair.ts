/**
 * `fair`: one owner has submitted 3,000 builds, then somebody else submits one: how many of the 3,000 begin before it,
 * by the events, while all slots are busy with short tasks. Beside it first-come order, by the same submissions'
 * numbers. The worker is a model that only claims; submissions and all else go over HTTP.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type EventEnvelope } from '@moromi/contract';
import { median, print, quantile, say, spread } from './figure.ts';
import { enrolFleet, type ModelWorker } from './fleet.ts';
import { makeSource, type PackageFile, submit, upload } from './package.ts';
import { makeBareTarget, startWorld, type World } from './world.ts';

const many = 3000;
const atOnce = 8;
const slots = 8;
const taskMs = 250;
const rounds = 20;
const everyMs = 1500;

export async function fair(): Promise<void> {
  await using world = await startWorld();
  await makeBareTarget(world, ['x86_64']);
  const source = await makeSource(world.home, 'shared', '%description\nbench\n%files\n');
  await upload(world.client, source);
  const [worker] = await enrolFleet(world, 1, ['x86_64'], slots);
  if (worker === undefined) throw new Error('there is no worker');
  const first = await submitMany(await ownerOf(world, 'many'), source);
  const begun = await lastEvent(world.client);
  for (let slot = 0; slot < slots; slot++) void workOn(worker, slot).catch(() => {});
  // All slots in step at first.
  await delay(3 * everyMs);
  const others = new Map<number, number>();
  for (let round = 0; round < rounds; round++) {
    // Every other time somebody who has had something already.
    const owner = round % 2 === 0 ? `once${round}` : 'again';
    const client = await ownerOf(world, owner);
    const at = performance.now();
    const build = await submit(client, source, { scratch: true });
    others.set(build.id, at);
    await delay(everyMs);
  }
  worker.kill();
  report(await eventsSince(world.client, begun), first, [...others.keys()]);
}

async function ownerOf(world: World, name: string): Promise<Client> {
  const { token } = await world.client.call('createToken', {
    body: { principal: name, permissions: ['build'] },
  });
  return new Client({ hub: world.hub, token });
}

async function submitMany(client: Client, source: PackageFile): Promise<Set<number>> {
  const at = performance.now();
  const made = new Set<number>();
  let left = many;
  const some = async (): Promise<void> => {
    while (left-- > 0) made.add((await submit(client, source, { scratch: true })).id);
  };
  await Promise.all(Array.from({ length: atOnce }, some));
  say(`${many} builds submitted in ${((performance.now() - at) / 1000).toFixed(1)} s`);
  return made;
}

async function workOn(worker: ModelWorker, slot: number): Promise<void> {
  while (!worker.dead) {
    const lease = await worker.take(slot);
    await delay(taskMs * (0.8 + Math.random() * 0.4));
    await worker.fail(lease);
  }
}

async function lastEvent(client: Client): Promise<number> {
  return (await client.call('listEvents', { query: { limit: 1 } })).last;
}

async function eventsSince(client: Client, after: number): Promise<EventEnvelope[]> {
  const all: EventEnvelope[] = [];
  for (let from = after; ; ) {
    const { items } = await client.call('listEvents', { query: { after: from, limit: 1000 } });
    all.push(...items);
    const last = items.at(-1);
    if (last === undefined) return all;
    from = last.seq;
  }
}

function report(
  events: readonly EventEnvelope[],
  first: ReadonlySet<number>,
  others: readonly number[],
): void {
  const isFirst = (event: EventEnvelope): boolean => event.build !== null && first.has(event.build);
  const leased = events.filter((event) => event.type === 'task.leased');
  const before: number[] = [];
  const firstCome: number[] = [];
  const waits: number[] = [];
  for (const build of others) {
    const submitted = events.find((event) => event.type === 'build.building' && event.build === build);
    const began = leased.find((event) => event.build === build);
    if (submitted === undefined || began === undefined) throw new Error(`build ${build} never began`);
    const begun = leased.filter((event) => isFirst(event) && event.seq < submitted.seq).length;
    before.push(
      leased.filter((event) => isFirst(event) && event.seq > submitted.seq && event.seq < began.seq).length,
    );
    firstCome.push(first.size - begun);
    waits.push(Date.parse(began.time) - Date.parse(submitted.time));
  }
  const most = Math.max(...before);
  print({
    figure: 'fair',
    unit: 'builds before it',
    ours: most,
    peer: median(firstCome),
    peerName: 'first-come order',
    ratio: median(firstCome) / Math.max(1, most),
    p50: median(before),
    spread: spread(before),
    runs: before.length,
  });
  print({
    figure: 'fair.wait',
    unit: 'ms',
    ours: quantile(waits, 0.99),
    p50: median(waits),
    p99: quantile(waits, 0.99),
    spread: spread(waits),
    runs: waits.length,
  });
}
