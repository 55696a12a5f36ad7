/**
 * Runs each SQL statement of a room once on a real server: a name that the schema lacks, a type that does not fit or a
 * word too many is found though no other test may come that way.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tx } from '../ledger/index.ts';
import { rpmbuild } from './samples.ts';
import { type Stage, setStage } from './stage.ts';

export type Calls<Room> = {
  [Name in keyof Room as Room[Name] extends (...given: never[]) => unknown ? Name : never]: (
    tx: Tx,
  ) => unknown;
};

type Rooms = Record<string, readonly [object, Record<string, (tx: Tx) => unknown>]>;

class Undo extends Error {}

export function testQueries(rooms: Rooms): void {
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

  describe.each(Object.entries(rooms))('the queries of %s', (_, [room, calls]) => {
    test('are all listed here', () => {
      const functions = Object.entries(room).filter(([, value]) => typeof value === 'function');
      expect(Object.keys(calls).toSorted()).toEqual(functions.map(([name]) => name).toSorted());
    });

    test.each(Object.entries(calls))('%s runs on the schema', async (_name, run) => {
      const undone = stage.hub.ledger.tx('test', async (tx) => {
        // What one leaves half done is no matter: everything is taken back, and the sweeps wait for nothing.
        await sql`SET LOCAL lock_timeout = '30s'`.execute(tx);
        await run(tx);
        throw new Undo();
      });
      await expect(undone).rejects.toBeInstanceOf(Undo);
    });
  });
}
