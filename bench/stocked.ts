/**
 * A tag with as many packages as a distribution has, their metadata of realistic size, put into the ledger of a hub.
 *
 * Invariant: the hub cannot tell them from packages that were built, but for files of packages, which are not there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { prepareStock, type StockedBuild, stockBuild, tagStock } from '../packages/hub/src/testing/stock.ts';
import { realisticSource } from '../packages/repodata/src/testing/realistic.ts';
import { say } from './figure.ts';
import type { World } from './world.ts';

export const seed = 1;
export const arch = 'x86_64';

export interface Stocked extends AsyncDisposable {
  builds: StockedBuild[];
  packages: number;
  /** Another build of which nothing is tagged yet; the next bump of a source is its update. */
  add(number: number, bump?: number): Promise<StockedBuild>;
  tag(builds: readonly StockedBuild[]): Promise<void>;
}

/** Sources whose packages are so many together, from the first on. */
export function sourcesFor(packages: number): { sources: number; packages: number } {
  let [sources, made] = [0, 0];
  while (made < packages) made += realisticSource(seed, sources++).length;
  return { sources, packages: made };
}

export async function stock(world: World, tag: string, wanted: number): Promise<Stocked> {
  const { client } = world;
  await client.call('createTag', { body: { name: tag, settings: { arches: [arch] } } });
  await client.call('createTarget', { body: { name: tag, buildTag: tag, destTag: tag } });
  while ((await client.call('getTag', { params: { name: tag } })).revision === null) await delay(20);
  const lines = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const line = new pg.Client(world.database);
      await line.connect();
      return line;
    }),
  );
  const [first] = lines;
  if (first === undefined) throw new Error('there is no line to the ledger');
  const at = await prepareStock(first, tag);
  const { sources, packages } = sourcesFor(wanted);
  say(`putting ${packages} packages of ${sources} builds into the ledger`);
  const builds: StockedBuild[] = [];
  let next = 0;
  await Promise.all(
    lines.map(async (line) => {
      while (next < sources) builds.push(await stockBuild(line, at, seed, next++));
    }),
  );
  await first.query('ANALYZE');
  await tagStock(first, tag, builds);
  return {
    builds,
    packages,
    add: (number, bump) => stockBuild(first, at, seed, number, bump),
    tag: async (more) => void (await tagStock(first, tag, more)),
    [Symbol.asyncDispose]: async () => {
      for (const line of lines) await line.end();
    },
  };
}

/** Asks for a revision that shows all that is tagged. @returns seconds until it is there */
export async function publish({ client }: World, tag: string): Promise<number> {
  const at = performance.now();
  await client.call('regenRepo', { params: { name: tag } });
  await shown({ client }, tag);
  return (performance.now() - at) / 1000;
}

/** Until the repository shows what the tag holds now, or these builds. */
export async function shown(
  { client }: Pick<World, 'client'>,
  tag: string,
  builds: readonly string[] = [],
): Promise<void> {
  for (;;) {
    const { revision } = await client.call('waitRepo', {
      params: { name: tag },
      query: { waitSeconds: 25, ...(builds.length === 0 ? {} : { builds: builds.join(',') }) },
    });
    if (revision !== null) return;
  }
}
