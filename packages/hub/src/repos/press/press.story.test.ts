import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { documentKinds, type ExtendedKind, extendedKinds, gzip } from '@moromi/repodata';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPieces } from '../../blobs/index.ts';
import { requireTag } from '../../catalog/index.ts';
import type { FreshLedger } from '../../testing/ledger.ts';
import { type StockedBuild, stockDigests, tagStock } from '../../testing/stock.ts';
import { type Before, buildTrees } from '../content.ts';
import { composeTree, type MadeTree } from './compose.ts';
import { insertRun } from './queries.ts';
import { RunCache } from './run-cache.ts';
import { type Stocked, stockedWorkshop } from './testing/stocked.ts';
import type { MadeFile, Workshop } from './workshop.ts';

const sources = 60;
let stocked: Stocked;
let folder: string;
let ledger: FreshLedger;
let client: pg.Client;
let workshop: Workshop;
/** By source: the build and its updates. */
let builds: StockedBuild[][];
beforeAll(async () => {
  stocked = await stockedWorkshop(sources);
  ({ folder, ledger, client, workshop, builds } = stocked);
  await stockDigests(client);
});
afterAll(() => stocked.close());

/** Composes what the tag shows at a change, as a change of what was before or from its whole content. */
async function revise(
  change: number,
  before: Before | undefined,
  documents: readonly ExtendedKind[] = documentKinds,
): Promise<{ trees: MadeTree[]; before: Before }> {
  const tag = await requireTag(ledger.read, 'f1');
  const trees: MadeTree[] = [];
  const runs = new Map<string, number[]>();
  for (const { tree, content } of await buildTrees(ledger.read, tag, change, before)) {
    const order = {
      tree,
      layout: 'plain' as const,
      compression: gzip,
      documents,
      revision: change,
      timestamp: change,
      content,
    };
    const made = await composeTree(workshop, order);
    trees.push(made);
    const ids = await ledger.tx('test', async (tx) => {
      const list: number[] = [];
      for (const run of made.runs)
        list.push(typeof run === 'number' ? run : await insertRun(tx, run.run, run.copies));
      return list;
    });
    runs.set(tree, ids);
  }
  return { trees, before: { change, trees: runs } };
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const shape = (trees: readonly MadeTree[]) =>
  trees.map(({ tree, packages, files }) => ({
    tree,
    packages,
    files: files.map(({ name, size }) => [name, size]),
  }));

async function untag(build: number): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `WITH change AS (
       INSERT INTO catalogue_changes (id, at, actor, what) SELECT max(id) + 1, ledger_now(), 'test', 'untag' FROM catalogue_changes RETURNING id
     ), gone AS (
       UPDATE tag_builds SET removed = change.id FROM change WHERE build_id = $1 AND removed IS NULL
     ) SELECT id FROM change`,
    [build],
  );
  return Number(rows[0]?.id);
}

test('any history of a tag gives the bytes that its content gives from scratch, and lists exactly that', async () => {
  const step = fc.record({
    // The last one is updated by another test, and must be new there.
    source: fc.nat(sources - 2),
    update: fc.boolean(),
    away: fc.boolean(),
    compose: fc.boolean(),
  });
  const forms = fc.constantFrom(documentKinds, extendedKinds);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), forms, async (steps, documents) => {
      let change = await tagStock(client, 'f1', []);
      let { before } = await revise(change, undefined, documents);
      for (const { source, update, away, compose } of steps) {
        const build = builds[source]?.[update ? 1 : 0] as StockedBuild;
        const { rowCount } = await client.query(
          'SELECT FROM tag_builds WHERE build_id = $1 AND removed IS NULL',
          [build.id],
        );
        if (away || (rowCount ?? 0) > 0) change = await untag(build.id);
        else change = await tagStock(client, 'f1', [build]);
        if (compose) ({ before } = await revise(change, before, documents));
      }
      const byChange = await revise(change, before, documents);
      const whole = await revise(change, undefined, documents);
      expect(shape(byChange.trees)).toEqual(shape(whole.trees));
      const { rows } = await client.query<{ n: string }>(
        `SELECT count(*) AS n FROM (SELECT DISTINCT ON (package) build_id FROM tag_builds WHERE removed IS NULL ORDER BY package, added DESC, place DESC) t
           JOIN rpms r USING (build_id) WHERE r.arch IN ('x86_64', 'noarch')`,
      );
      expect(whole.trees[0]?.packages).toBe(Number(rows[0]?.n));
    }),
    { numRuns: 12 },
  );
}, 120_000);

test('the pieces of a document are what its hash and size say, and unpack to what repomd.xml says of it', async () => {
  const change = await tagStock(
    client,
    'f1',
    builds.flatMap(([one]) => one ?? []),
  );
  const { trees } = await revise(change, undefined);
  const { trees: extended } = await revise(change, undefined, extendedKinds);
  const { store } = workshop;
  for (const { files } of [...trees, ...extended]) {
    const repomd = await buffer(
      await store.open(files.find((file) => file.name === 'repomd.xml')?.sha256 ?? ''),
    );
    for (const { name, sha256, size, pieces } of files) {
      if (pieces === undefined) continue;
      const bytes = await buffer(await openPieces(store, pieces));
      expect([bytes.length, hashOf(bytes), name.startsWith(sha256)]).toEqual([size, sha256, true]);
      const plain = gunzipSync(bytes);
      expect(repomd.toString()).toContain(`<open-checksum type="sha256">${hashOf(plain)}</open-checksum>`);
      expect(repomd.toString()).toContain(`<open-size>${plain.length}</open-size>`);
    }
  }
});

test('with the digests of files as without, the other three documents are the same and runs end at the same packages', async () => {
  const change = await tagStock(client, 'f1', []);
  const { trees } = await revise(change, undefined);
  const { trees: extended, before } = await revise(change, undefined, extendedKinds);
  const usual = (files: readonly MadeFile[]) =>
    files.filter(({ name }) => !/repomd|filelists-ext/.test(name)).map(({ name, size }) => [name, size]);
  const open = async ({ files }: MadeTree, kind: string) => {
    const { pieces } = files.find(({ name }) => name.endsWith(`-${kind}.xml.gz`)) ?? {};
    return gunzipSync(await buffer(await openPieces(workshop.store, pieces ?? []))).toString();
  };
  for (const [at, tree] of extended.entries()) {
    expect(usual(tree.files)).toEqual(usual(trees[at]?.files ?? []));
    expect(tree.files).toHaveLength(5);
    expect(tree.runs.length).toBe(trees[at]?.runs.length);
    const listed = await open(tree, 'filelists-ext');
    expect(listed).toContain(' hash="');
    const without = listed.replaceAll(/ hash="\w+"|^ {2}<checksum.*\n/gm, '');
    expect(without.replaceAll('filelists-ext', 'filelists')).toBe(await open(tree, 'filelists'));
  }
  // What the one has packed is not taken for the other's.
  const again = await revise(change, before, extendedKinds);
  expect(again.trees.flatMap(({ runs }) => runs).every((run) => typeof run === 'number')).toBe(true);
  expect(shape(again.trees)).toEqual(shape(extended));
});

test('a change packs a few runs, however many there are', async () => {
  const change = await tagStock(client, 'f1', []);
  const { before, trees } = await revise(change, undefined);
  const update = builds[sources - 1]?.[1] as StockedBuild;
  // How many there are is a matter of what the histories before have left in the tag.
  expect(trees[0]?.runs.length).toBeGreaterThan(3);
  const next = await revise(await tagStock(client, 'f1', [update]), before);
  const packed = next.trees[0]?.runs.filter((run) => typeof run !== 'number') ?? [];
  expect(packed.length).toBeGreaterThan(0);
  // Packages of one source stand beside each other.
  expect(packed.length).toBeLessThanOrEqual(3);
});

test('a cache of runs that is too small, or emptied meanwhile, costs unpacking and changes nothing', async () => {
  const change = await tagStock(client, 'f1', []);
  const { trees, before } = await revise(change, undefined);
  const folderOfAll = await mkdtemp(join(folder, 'cache-'));
  const usual = workshop.cache;
  try {
    workshop.cache = new RunCache(folderOfAll, 1);
    const again = await revise(change, before);
    expect(shape(again.trees)).toEqual(shape(trees));
    expect([workshop.cache.bytes, await readdir(folderOfAll)]).toEqual([0, []]);
    // Both at once want the same runs, and neither takes them from the other; and somebody removes them under way.
    workshop.cache = new RunCache(folderOfAll, 1);
    const both = [revise(change, before), revise(change, before)];
    let done = false;
    const emptying = (async () => {
      while (!done) {
        const [first] = await readdir(folderOfAll);
        if (first !== undefined && /^[0-9a-z/]+$/.test(first)) {
          await rm(join(folderOfAll, first), { force: true });
          break;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (const one of await Promise.all(both)) expect(shape(one.trees)).toEqual(shape(trees));
    done = true;
    await emptying;
  } finally {
    workshop.cache = usual;
  }
});
