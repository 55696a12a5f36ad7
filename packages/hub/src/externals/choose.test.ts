import { type MergeMode, mergeRepositories } from '@moromi/repodata';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { archesOfTree, choose, type Offered, type Offering } from './choose.ts';

/** `source/name-[epoch:]version.arch`, the release always 1; no source with nothing before the slash. */
function offered(words: readonly string[], first: number): Offered[] {
  return words.map((word, at) => {
    const [, stated = '', name = '', epoch, version = '', arch = ''] =
      /^(.*)\/(\w+)-(?:(\d+):)?([^.]+(?:\.\d+)*)\.(\w+)$/.exec(word) ?? [];
    const sourceRpm = stated === '' ? null : `${stated}-1.src.rpm`;
    const source = stated === '' || stated === 'nonsense' ? null : (stated.split('-')[0] ?? '');
    return {
      copy: first + at,
      name,
      epoch: Number(epoch ?? 0),
      version,
      release: '1',
      arch,
      source,
      sourceRpm,
    };
  });
}

const word = fc
  .tuple(
    fc.constantFrom('s-1', 's-2', 's-10', 't-1', 't-2', 'u-1', 'nonsense', ''),
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom('', '1:'),
    fc.constantFrom('1', '2', '1.0'),
    fc.constantFrom('noarch', 'x86_64'),
  )
  .map(([source, name, epoch, version, arch]) => `${source}/${name}-${epoch}${version}.${arch}`);
const repository = fc.array(word, { maxLength: 8 });

test('where all have one mode it is what Koji makes of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      repository,
      fc.array(repository, { minLength: 1, maxLength: 3 }),
      fc.constantFrom<MergeMode>('koji', 'koji', 'simple', 'bare'),
      fc.subarray(['s', 't']),
      async (ownWords, others, mode, blocked) => {
        // Of ours the tag shows one build of each source, nothing that is blocked, and no package twice.
        const seen = new Set<string>();
        const own = offered(ownWords, 0).filter(({ source, name, arch }) => {
          const fits = source !== null && !blocked.includes(source) && !seen.has(`${name}.${arch}`);
          if (fits) seen.add(`${name}.${arch}`);
          return fits;
        });
        const one = new Map(own.map((each) => [each.source, each.sourceRpm]));
        const ours = own.map((each) => ({ ...each, sourceRpm: one.get(each.source) ?? null }));
        const lists = others.map((words, at) => offered(words, 1000 * (at + 1)));
        const found = choose(
          {
            packages: ours,
            sources: new Map(ours.map((each) => [each.source ?? '', each.sourceRpm ?? ''])),
            blocked: new Set(blocked),
          },
          lists.map((packages): Offering => ({ mode, packages })),
          new Set(['x86_64', 'noarch']),
        );
        const wanted: number[] = [];
        const merged = mergeRepositories(
          [ours, ...lists].map((each) => ({ packages: () => each })),
          { mode, blocked: new Set(blocked) },
        );
        for await (const { repository: from, package: taken } of merged)
          if (from > 0) wanted.push(taken.copy);
        expect(found.map((each) => each.copy)).toEqual(wanted);
      },
    ),
    { numRuns: 500 },
  );
});

test('other architectures are left out, and hide what they hide', () => {
  const packages = offered(['s-2/a-2.i686', 's-1/b-1.x86_64', 't-1/c-1.x86_64', 't-1/d-1.i586'], 1);
  const none = { packages: [], sources: new Map<string, string>(), blocked: new Set<string>() };
  const of = (tree: string) =>
    choose(none, [{ mode: 'koji', packages }], archesOfTree(tree)).map((one) => one.name);
  expect([of('x86_64'), of('i686'), of('aarch64')]).toEqual([['c'], ['a', 'd'], []]);
});
