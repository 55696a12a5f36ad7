import { Problem } from '@moromi/contract';
import { documentKinds, gzip } from '@moromi/repodata';
import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealisticPackage, realisticSource } from '../../../repodata/src/testing/realistic.ts';
import { requireTag } from '../catalog/index.ts';
import { blockPackages, unblockPackages } from '../catalog/package-lists.ts';
import { newestChange } from '../catalog/queries.ts';
import { attach } from '../externals/attach.ts';
import type { Merged } from '../externals/index.ts';
import { stockExternal, stockSnapshot } from '../externals/testing/stock.ts';
import type { FreshLedger } from '../testing/ledger.ts';
import { type StockedBuild, tagStock } from '../testing/stock.ts';
import { type Before, buildTrees } from './content.ts';
import { composeTree, type MadeTree } from './press/compose.ts';
import { insertRun } from './press/queries.ts';
import { type Stocked, stockedWorkshop } from './press/testing/stocked.ts';
import type { Workshop } from './press/workshop.ts';

const sources = 10;
let stocked: Stocked;
let ledger: FreshLedger;
let client: pg.Client;
let workshop: Workshop;
/** By source: the build and its updates. */
let builds: StockedBuild[][];
const externals = new Map<string, number>();

beforeAll(async () => {
  stocked = await stockedWorkshop(sources);
  ({ ledger, client, workshop, builds } = stocked);
  for (const name of ['near', 'far']) {
    externals.set(name, await stockExternal(ledger, name));
    await stockSnapshot(ledger, externals.get(name) ?? 0, name, []);
  }
});
afterAll(() => stocked.close());

async function revise(before: Before | undefined): Promise<{ trees: MadeTree[]; before: Before }> {
  const tag = await requireTag(ledger.read, 'f1');
  const change = await newestChange(ledger.read);
  const trees: MadeTree[] = [];
  const runs = new Map<string, number[]>();
  const seen = new Map<string, Merged[]>();
  for (const { tree, content, merged = [] } of await buildTrees(ledger.read, tag, change, before)) {
    const form = { layout: 'plain' as const, compression: gzip, documents: documentKinds };
    const when = { revision: 1, timestamp: 1 };
    const made = await composeTree(workshop, { tree, ...form, ...when, content });
    trees.push(made);
    const ids = await ledger.tx('test', async (tx) => {
      const list: number[] = [];
      for (const run of made.runs)
        list.push(typeof run === 'number' ? run : await insertRun(tx, run.run, run.copies));
      return list;
    });
    runs.set(tree, ids);
    seen.set(tree, [...merged]);
  }
  return { trees, before: { change, trees: runs, merged: seen } };
}

const shape = (trees: readonly MadeTree[]) =>
  trees.map(({ tree, packages, files }) => ({ tree, packages, files: files.map((file) => file.sha256) }));

type Step = { compose: boolean } & (
  | { what: 'tag' | 'untag' | 'block' | 'unblock'; source: number; update: boolean }
  | { what: 'snapshot'; external: 'near' | 'far'; of: { source: number; bump: number }[] }
  | { what: 'attach'; external: 'near' | 'far'; mode: 'koji' | 'simple' | 'bare'; priority: number }
);

const source = fc.nat(sources - 1);
const compose = fc.boolean();
const external = fc.constantFrom('near' as const, 'far' as const);
// Of more sources than we have, often the same version as ours, sometimes two versions of one.
const offered = fc.record({ source: fc.nat(sources + 4), bump: fc.nat(2) });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    what: fc.constantFrom(
      'tag' as const,
      'tag' as const,
      'untag' as const,
      'block' as const,
      'unblock' as const,
    ),
    ...{ source, update: fc.boolean(), compose },
  }),
  fc.record({
    what: fc.constant('snapshot' as const),
    external,
    of: fc.array(offered, { maxLength: 12 }),
    compose,
  }),
  fc.record({
    what: fc.constant('attach' as const),
    ...{
      external,
      mode: fc.constantFrom('koji' as const, 'simple' as const, 'bare' as const),
      priority: fc.nat(2),
      compose,
    },
  }),
);

/** Each package once; of a source and a bump they are the same wherever. */
function packagesOf(of: readonly { source: number; bump: number }[]): RealisticPackage[] {
  const all = of.flatMap(({ source: number, bump }) => realisticSource(1, number, bump));
  return [...new Map(all.map((one) => [one.member.id, one])).values()];
}

async function doStep(one: Step): Promise<void> {
  const build = 'source' in one ? (builds[one.source]?.[one.update ? 1 : 0] as StockedBuild) : undefined;
  if (one.what === 'tag' && build !== undefined) await tagStock(client, 'f1', [build]);
  if (one.what === 'untag' && build !== undefined) await untag(build.id);
  if (one.what === 'block' && build !== undefined)
    await ledger.tx('test', (tx) => blockPackages(tx, 'test', 'f1', [build.package], true));
  if (one.what === 'unblock' && build !== undefined)
    await ledger
      .tx('test', (tx) => unblockPackages(tx, 'test', 'f1', [build.package], true))
      .catch((error: unknown) => {
        // That it is not blocked.
        if (!(error instanceof Problem)) throw error;
      });
  if (one.what === 'snapshot')
    await stockSnapshot(ledger, externals.get(one.external) ?? 0, one.external, packagesOf(one.of));
  if (one.what === 'attach')
    await ledger.tx('test', (tx) =>
      attach(tx, 'test', 'f1', { external: one.external, mode: one.mode, priority: one.priority }),
    );
}

async function untag(build: number): Promise<void> {
  await client.query(
    `WITH change AS (
       INSERT INTO catalogue_changes (id, at, actor, what) SELECT max(id) + 1, ledger_now(), 'test', 'untag' FROM catalogue_changes RETURNING id
     ) UPDATE tag_builds SET removed = change.id FROM change WHERE build_id = $1 AND removed IS NULL`,
    [build],
  );
}

test('any history of a tag and of what it merges gives the bytes that it gives from scratch', async () => {
  for (const name of ['near', 'far'])
    await ledger.tx('test', (tx) =>
      attach(tx, 'test', 'f1', { external: name, priority: name === 'near' ? 1 : 2 }),
    );
  let merged = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      let { before } = await revise(undefined);
      for (const one of steps) {
        await doStep(one);
        if (one.compose) ({ before } = await revise(before));
      }
      const byChange = await revise(before);
      const whole = await revise(undefined);
      expect(shape(byChange.trees)).toEqual(shape(whole.trees));
      merged += whole.trees.reduce((sum, tree) => sum + tree.packages, 0);
    }),
    { numRuns: 8 },
  );
  expect(merged).toBeGreaterThan(0);
}, 240_000);
