import fc from 'fast-check';
import { expect, test } from 'vitest';
import { member, members, plain, small, sorted } from '../testing/members.ts';
import { cut, type Run, type RunLimits, runLimits } from './cut.ts';
import { compareMembers, type Member } from './member.ts';
import { type Change, type KnownRun, recut } from './recut.ts';

const seed = 20261122;

/** A repository that is only ever changed by recutting. */
class Kept {
  runs: KnownRun<Run>[] = [];
  loaded = 0;
  rewritten = 0;
  readonly #limits: RunLimits;

  constructor(chosen: RunLimits, all: readonly Member[] = []) {
    this.#limits = chosen;
    this.runs = cut(sorted(all), chosen).map(known);
  }

  async change(change: Change): Promise<void> {
    this.loaded = 0;
    const load = async (refs: Run[]) => {
      this.loaded += refs.length;
      return refs;
    };
    const { runs } = await recut(this.runs, load, change, this.#limits);
    this.rewritten = runs.filter((run) => 'members' in run).length;
    this.runs = runs.map((run) => ('members' in run ? known(run.members) : run));
  }

  get cut(): Run[] {
    return this.runs.map(({ ref }) => ref);
  }
}

function known(run: Run): KnownRun<Run> {
  const first = run[0];
  if (first === undefined) throw new Error('a run is empty');
  return { first, ref: run };
}

const without = (all: readonly Member[], gone: readonly Member[]) =>
  all.filter((one) => !gone.some((other) => compareMembers(one, other) === 0));

test('by whatever history, the runs are those of the set', async () => {
  const step = fc.record({ add: members(12), remove: fc.array(fc.nat(), { maxLength: 8 }) });
  await fc.assert(
    fc.asyncProperty(members(60), fc.array(step, { maxLength: 6 }), async (start, steps) => {
      const kept = new Kept(small, start);
      let all = start;
      for (const { add, remove } of steps) {
        const gone = [...new Set(remove.map((at) => all[at % Math.max(1, all.length)]))].filter(
          (one) => one !== undefined,
        );
        const rest = without(all, gone);
        const fresh = without(add, rest);
        await kept.change({ remove: gone, add: fresh });
        all = [...rest, ...fresh];
        expect(kept.cut).toEqual(cut(sorted(all), small));
      }
    }),
    { seed, numRuns: 400 },
  );
});

test('any order of single additions ends in the same runs', async () => {
  await fc.assert(
    fc.asyncProperty(members(25), async (all) => {
      const kept = new Kept(small);
      for (const one of all) await kept.change({ remove: [], add: [one] });
      expect(kept.cut).toEqual(cut(sorted(all), small));
      for (const one of all) await kept.change({ remove: [one], add: [] });
      expect(kept.runs).toEqual([]);
    }),
    { seed },
  );
});

test('many packages of one name are cut the same by any history', async () => {
  const same = fc.uniqueArray(fc.nat(400), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(same, same, async (start, more) => {
      const version = (number: number) => plain(0, { version: `${number}`, id: `${number}`, bytes: 9 });
      const kept = new Kept(small, start.map(version));
      const fresh = more.filter((number) => !start.includes(number));
      await kept.change({ remove: [], add: fresh.map(version) });
      expect(kept.cut).toEqual(cut(sorted([...start, ...fresh].map(version)), small));
    }),
    { seed },
  );
});

const many = Array.from({ length: 20_000 }, (_, number) =>
  plain(2 * number, { bytes: 4000 + ((number * 7919) % 9000) }),
);

test('one change in a large repository looks at few runs and rewrites few', async () => {
  const counts = { loaded: 0, rewritten: 0, most: 0 };
  const kept = new Kept(runLimits, many);
  const before = kept.runs;
  expect(before.length).toBeGreaterThan(300);
  for (let i = 0; i < 200; i += 1) {
    kept.runs = before;
    const at = (i * 9973) % many.length;
    const old = many[at];
    const change =
      i % 3 === 0
        ? { remove: [], add: [plain(2 * at + 1)] }
        : {
            remove: old === undefined ? [] : [old],
            add: i % 3 === 1 || old === undefined ? [] : [{ ...old, version: '2', key: 'u' }],
          };
    await kept.change(change);
    counts.loaded += kept.loaded;
    counts.rewritten += kept.rewritten;
    counts.most = Math.max(counts.most, kept.loaded);
  }
  expect(counts.loaded / 200).toBeLessThan(2);
  expect(counts.rewritten / 200).toBeLessThan(2);
  expect(counts.most).toBeLessThan(12);
});

test('the runs to look at are asked for together', async () => {
  const runs = new Kept(runLimits, many).runs;
  const add = Array.from({ length: 1000 }, (_, i) => plain(2 * ((i * 9973) % many.length) + 1));
  let calls = 0;
  const { runs: made } = await recut(
    runs,
    async (refs) => {
      calls += 1;
      return refs;
    },
    { remove: [], add },
  );
  expect(made.map((run) => ('members' in run ? run.members : run.ref))).toEqual(
    cut(sorted([...many, ...add])),
  );
  expect(calls).toBeLessThan(15);
});

test('the first and the last of a run go and come', async () => {
  const kept = new Kept(runLimits, many);
  for (const at of [0, 1, 57, kept.runs.length - 1]) {
    const run = kept.runs[at]?.ref ?? [];
    for (const one of [run[0], run.at(-1)]) {
      if (one === undefined) throw new Error('a run is empty');
      const before = kept.cut;
      await kept.change({ remove: [one], add: [] });
      expect(kept.cut).toEqual(cut(without(many, [one])));
      await kept.change({ remove: [], add: [one] });
      expect(kept.cut).toEqual(before);
    }
  }
});

test('what comes after the end of a run rewrites nothing before it', async () => {
  const kept = new Kept(runLimits, many);
  const last = kept.runs[40]?.ref.at(-1);
  const before = kept.runs[40];
  await kept.change({ remove: [], add: [plain(Number(last?.name.slice(1)) + 1)] });
  expect(kept.runs[40]).toBe(before);
});

test('a change that says what is not so is refused', async () => {
  const kept = new Kept(small, many.slice(0, 50));
  const [one] = many;
  if (one === undefined) throw new Error('there is none');
  await expect(kept.change({ remove: [plain(3)], add: [] })).rejects.toThrow('has no p00003-0:1-1.noarch');
  await expect(kept.change({ remove: [], add: [one] })).rejects.toThrow('already');
  await expect(kept.change({ remove: [], add: [plain(3), plain(3)] })).rejects.toThrow('already');
  await expect(kept.change({ remove: [{ ...one, key: 'other' }], add: [] })).rejects.toThrow('has no');
  const wrong = recut(kept.runs, async (refs) => refs.map(() => []), { remove: [one], add: [] }, small);
  await expect(wrong).rejects.toThrow('loaded as another');
});

test('nothing changed is nothing looked at', async () => {
  const kept = new Kept(small, many.slice(0, 50));
  const before = kept.runs;
  await kept.change({ remove: [], add: [] });
  expect(kept.loaded).toBe(0);
  expect(kept.runs).toEqual(before);
});

test('a member alone is a run, added and removed', async () => {
  await fc.assert(
    fc.asyncProperty(member, async (one) => {
      const kept = new Kept(small);
      await kept.change({ remove: [], add: [one] });
      expect(kept.cut).toEqual([[one]]);
      await kept.change({ remove: [one], add: [] });
      expect(kept.cut).toEqual([]);
    }),
    { seed, numRuns: 50 },
  );
});
