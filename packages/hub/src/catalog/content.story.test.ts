import { Problem } from '@moromi/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tx } from '../ledger/index.ts';
import { type MadeBuild, makeBuilds } from '../testing/catalogue.ts';
import { type FreshLedger, freshLedger } from '../testing/ledger.ts';
import type { MaybeAltered } from './altered.ts';
import { cloneTag, swapTags } from './clone.ts';
import { changedPackages, contentAt, contentOf } from './content.ts';
import { requireTag } from './look-up.ts';
import { addPackages, blockPackages, removePackages, unblockPackages } from './package-lists.ts';
import { addParent, editParent, removeParent } from './parents.ts';
import { newestChange } from './queries.ts';
import { moveByHand, tagByHand, untagByHand } from './tagging.ts';
import { addTag, editTag } from './tags.ts';

const names = ['bash', 'glibc', 'zlib'];
let ledger: FreshLedger;
let builds: MadeBuild[];
beforeAll(async () => {
  ledger = await freshLedger();
  builds = await makeBuilds(
    ledger,
    names.flatMap((name) => [`${name}-1-1`, `${name}-2-1`, `${name}-1:1.5-1`]),
  );
});
afterAll(() => ledger[Symbol.asyncDispose]());

interface Op {
  what: string;
  tag: number;
  other: number;
  build: number;
  name: string;
  force: boolean;
  maxdepth: number | null;
  intransitive: boolean;
  noconfig: boolean;
  pkgFilter: string | null;
  priority: number;
}

const op: fc.Arbitrary<Op> = fc.record({
  what: fc.constantFrom(
    ...['tag', 'tag', 'tag', 'tag', 'untag', 'move', 'add', 'block', 'unblock', 'remove'],
    ...['inherit', 'inherit', 'relink', 'unlink', 'latest', 'list', 'clone', 'swap'],
  ),
  tag: fc.nat(3),
  other: fc.nat(3),
  build: fc.nat(8),
  name: fc.constantFrom(...names),
  force: fc.boolean(),
  maxdepth: fc.option(fc.nat(1), { freq: 2 }),
  intransitive: fc.boolean(),
  noconfig: fc.boolean(),
  pkgFilter: fc.option(fc.constantFrom('bash', 'b|g')),
  priority: fc.nat(3),
});

async function apply(tx: Tx, tags: readonly string[], one: Op): Promise<MaybeAltered> {
  const tag = tags[one.tag] ?? '';
  const other = tags[one.other] ?? '';
  const build = [String(builds[one.build]?.build)];
  const { maxdepth, intransitive, noconfig, pkgFilter, priority, force } = one;
  const terms = { priority, maxdepth, intransitive, noconfig, pkgFilter };
  const edited = async (settings: Parameters<typeof editTag>[3]): Promise<MaybeAltered> => {
    const { change, down } = await editTag(tx, 'ann', tag, settings);
    return { change, altered: down };
  };
  const doing: Record<string, () => Promise<MaybeAltered>> = {
    tag: () => tagByHand(tx, 'ann', tag, build, force),
    untag: () => untagByHand(tx, 'ann', tag, build, force),
    move: () => moveByHand(tx, 'ann', tag, other, build, force),
    add: () => addPackages(tx, 'ann', tag, { packages: [one.name], force }),
    block: () => blockPackages(tx, 'ann', tag, [one.name], force),
    unblock: () => unblockPackages(tx, 'ann', tag, [one.name], force),
    remove: () => removePackages(tx, 'ann', tag, [one.name], force),
    inherit: () => addParent(tx, 'ann', tag, { parent: other, ...terms }),
    relink: () => editParent(tx, 'ann', tag, other, terms),
    unlink: () => removeParent(tx, 'ann', tag, other, force),
    latest: () => edited({ latest: force ? 'evr' : null }),
    list: () => edited({ packageList: force ? 'closed' : null }),
    clone: () => cloneTag(tx, 'ann', tag, { to: other, packages: true, builds: true, inherit: force }),
    swap: () => swapTags(tx, 'ann', tag, other, force),
  };
  const run = doing[one.what];
  if (run === undefined) throw new Error(one.what);
  return await run();
}

let round = 0;

test('whatever happens to tags, the past stays, a few packages read alone are as among all, and no change is missed', async () => {
  let happened = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(op, { minLength: 12, maxLength: 24 }), async (ops) => {
      const tags = [0, 1, 2, 3].map((n) => `r${round}-${n}`);
      round++;
      for (const name of tags) await ledger.tx('test', (tx) => addTag(tx, 'ann', { name }));
      const facts = await Promise.all(tags.map((name) => requireTag(ledger.read, name)));
      const read = (change: number) => Promise.all(facts.map((tag) => contentAt(ledger.read, tag, change)));
      const seen = [{ change: await newestChange(ledger.read), content: facts.map(() => [] as Content) }];
      for (const one of ops) {
        const done = await ledger
          .tx('test', (tx) => apply(tx, tags, one))
          .catch((error: unknown) => {
            if (error instanceof Problem && error.status < 500) return undefined;
            throw error;
          });
        if (done === undefined || done.change === null) continue;
        happened++;
        const content = await read(done.change);
        const before = seen.at(-1)?.content ?? [];
        const altered = new Set(done.altered.map((tag) => tag.name));
        for (const [index, name] of tags.entries())
          if (!altered.has(name))
            expect([one.what, name, content[index]]).toEqual([one.what, name, before[index]]);
        seen.push({ change: done.change, content });
      }
      for (const { change, content } of seen) expect(await read(change)).toEqual(content);
      for (const [index, tag] of facts.entries()) {
        const from = seen[(index * 3) % seen.length];
        const to = seen.at(-1);
        if (from === undefined || to === undefined) continue;
        const few = names.slice(index % 2, 1 + (index % 3));
        expect(await contentOf(ledger.read, tag, from.change, few)).toEqual(
          from.content[index]?.filter((one) => few.includes(one.package)),
        );
        const changed = await changedPackages(ledger.read, tag, from.change, to.change);
        if (changed === 'all') continue;
        const rest = (content: Content | undefined) =>
          content?.filter((one) => !changed.includes(one.package));
        expect(rest(to.content[index])).toEqual(rest(from.content[index]));
      }
    }),
    { numRuns: 25 },
  );
  // Most of what is tried must happen, or nothing is tried at all.
  expect(happened).toBeGreaterThan(150);
}, 120_000);

type Content = Awaited<ReturnType<typeof contentAt>>;
