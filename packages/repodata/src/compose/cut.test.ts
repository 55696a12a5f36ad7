import fc from 'fast-check';
import { expect, test } from 'vitest';
import { members, plain, small, sorted } from '../testing/members.ts';
import { cut, runLimits } from './cut.ts';
import { boundaryHash, compareMembers, type Member } from './member.ts';

const seed = 20261122;
const sum = (run: readonly Member[]) => run.reduce((bytes, member) => bytes + member.bytes, 0);

test('members have one order, whatever order they came in', () => {
  fc.assert(
    fc.property(members(30), fc.infiniteStream(fc.nat()), (all, numbers) => {
      const shuffled = all
        .map((member) => ({ member, at: numbers.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ member }) => member);
      expect(sorted(shuffled)).toEqual(sorted(all));
    }),
    { seed },
  );
});

test('any three members are ordered without a circle', () => {
  fc.assert(
    fc.property(members(3), (all) => {
      const [a, b, c] = sorted(all);
      if (a === undefined || b === undefined || c === undefined) return;
      expect(compareMembers(a, b)).toBe(-1);
      expect(compareMembers(b, c)).toBe(-1);
      expect(compareMembers(a, c)).toBe(-1);
      expect(compareMembers(c, a)).toBe(1);
    }),
    { seed, numRuns: 2000 },
  );
});

test('name comes first, then version as rpm orders it, then architecture, then id', () => {
  const order = [
    plain(1, { name: 'a', version: '9' }),
    plain(1, { name: 'a', version: '10~rc1' }),
    plain(1, { name: 'a', version: '10', arch: 'i686', id: 'ff' }),
    plain(1, { name: 'a', version: '10', arch: 'x86_64', id: 'aa' }),
    plain(1, { name: 'a', version: '10', arch: 'x86_64', id: 'bb' }),
    plain(1, { name: 'a', version: '10^git1' }),
    plain(1, { name: 'a', version: '1', epoch: 1 }),
    plain(1, { name: 'a-devel', version: '1' }),
    plain(1, { name: 'aa', version: '1' }),
  ];
  expect(sorted([...order].reverse())).toEqual(order);
});

test('versions that rpm holds to be the same are told apart by id before they are by spelling', () => {
  const one = plain(1, { version: '1.0', id: 'bb' });
  const other = plain(1, { version: '1.00', id: 'aa' });
  expect(sorted([one, other])).toEqual([other, one]);
  expect(compareMembers(one, { ...one, version: '1.00' })).not.toBe(0);
});

test('runs joined are the sequence, none is empty, and each ends where the limits say', () => {
  fc.assert(
    fc.property(members(80), (all) => {
      const sequence = sorted(all);
      const runs = cut(sequence, small);
      expect(runs.flat()).toEqual(sequence);
      for (const [at, run] of runs.entries()) {
        const last = run.at(-1);
        if (last === undefined) throw new Error('a run is empty');
        // Without its last member no run was full.
        expect(sum(run) - last.bytes).toBeLessThan(small.greatest);
        const inner = run.slice(0, -1);
        inner.forEach((member, index) => {
          if (boundaryHash(member) % small.oneIn === 0)
            expect(sum(run.slice(0, index + 1))).toBeLessThan(small.least);
        });
        if (at === runs.length - 1) continue;
        const chosen = sum(run) >= small.least && boundaryHash(last) % small.oneIn === 0;
        expect(chosen || sum(run) >= small.greatest).toBe(true);
      }
    }),
    { seed },
  );
});

test('an empty repository has no runs, and one package is one run', () => {
  expect(cut([])).toEqual([]);
  expect(cut([plain(1)])).toEqual([[plain(1)]]);
});

test('a package larger than a run ends the run that it is in', () => {
  const huge = plain(5, { bytes: 3 * runLimits.greatest });
  const runs = cut([plain(1), huge, plain(6)]);
  expect(runs).toEqual([[plain(1), huge], [plain(6)]]);
});

test('an update leaves the ends of runs where they were', () => {
  const all = Array.from({ length: 5000 }, (_, number) => plain(number));
  const before = cut(all).map((run) => run.at(-1)?.name);
  const updated = all.map((member) => ({
    ...member,
    version: '2',
    id: `${member.id}u`,
    key: `${member.key}u`,
  }));
  expect(cut(updated).map((run) => run.at(-1)?.name)).toEqual(before);
});

test('about one name in so many may end a run, of any sort of names', () => {
  const name = [
    (i: number) => `p${i}`,
    (i: number) => `lib${i}-devel`,
    (i: number) => 'x'.repeat(i % 97) + i,
  ];
  for (const of of name) {
    const hits = Array.from({ length: 32_000 }, (_, i) => boundaryHash({ name: of(i), arch: 'noarch' }) % 32);
    expect(hits.filter((hash) => hash === 0).length).toBeGreaterThan(850);
    expect(hits.filter((hash) => hash === 0).length).toBeLessThan(1150);
  }
});
