/** A tag that holds realistic builds, and what composes its trees: for tests that have no hub around them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { FolderStore } from '../../../blobs/index.ts';
import { addTag, addTarget } from '../../../catalog/index.ts';
import { type FreshLedger, freshLedger } from '../../../testing/ledger.ts';
import { prepareStock, type StockedBuild, stockBuild } from '../../../testing/stock.ts';
import { Hands } from '../hands.ts';
import { RunCache } from '../run-cache.ts';
import type { Workshop } from '../workshop.ts';

export interface Stocked {
  folder: string;
  ledger: FreshLedger;
  client: pg.Client;
  workshop: Workshop;
  /** By source: the build and its update, neither of which is tagged yet. */
  builds: StockedBuild[][];
  close(): Promise<void>;
}

/** @param sources how many source packages the tag `f1` may get */
export async function stockedWorkshop(sources: number): Promise<Stocked> {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-press-'));
  const ledger = await freshLedger();
  const client = new pg.Client(ledger.access);
  await client.connect();
  await ledger.tx('test', async (tx) => {
    await addTag(tx, 'test', { name: 'f1', settings: { arches: ['x86_64', 'i686'] } });
    await addTarget(tx, 'test', { name: 'f1', buildTag: 'f1', destTag: 'f1' });
  });
  const at = await prepareStock(client, 'f1');
  const builds: StockedBuild[][] = [];
  for (let number = 0; number < sources; number++)
    builds.push([await stockBuild(client, at, 1, number), await stockBuild(client, at, 1, number, 1)]);
  const workshop = {
    reader: ledger.read,
    store: await FolderStore.open(join(folder, 'blobs')),
    hands: new Hands(2),
    cache: new RunCache(await mkdtemp(join(folder, 'cache-')), 2 ** 30),
  };
  const close = async (): Promise<void> => {
    await workshop.hands.close();
    await client.end();
    await ledger.close();
    await rm(folder, { recursive: true });
  };
  return { folder, ledger, client, workshop, builds, close };
}
