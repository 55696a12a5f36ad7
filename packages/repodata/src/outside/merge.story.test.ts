import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRepomd } from '../repomd.ts';
import { composeFolder } from '../testing/composed.ts';
import { shaOf } from '../testing/foreign.ts';
import { all } from '../testing/packages.ts';
import { type Mergeable, type MergeMode, mergeRepositories } from './merge.ts';

let dir = '';
let made = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'moromi-merge-'));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

interface Package extends Mergeable {
  pkgid: string;
}

/** `source/name-[epoch:]version.arch`, the release always 1; no source with nothing before the slash. */
function packages(repository: number, words: string): Package[] {
  return words
    .split(' ')
    .filter(Boolean)
    .map((word, at) => {
      const [, source = '', name = '', epoch, version = '', arch = ''] =
        /^(.*)\/(\w+)-(?:(\d+):)?([^.]+(?:\.\d+)*)\.(\w+)$/.exec(word) ?? [];
      return {
        ...{ name, epoch: Number(epoch ?? 0), version, release: '1', arch },
        sourceRpm: source === '' ? null : `${source}-1.src.rpm`,
        pkgid: shaOf(1000 * (repository + 1) + at),
      };
    });
}

async function ours(
  repositories: Package[][],
  mode: MergeMode,
  blocked: string[] = [],
  arches: string[] = ['x86_64'],
): Promise<string[]> {
  const options = {
    mode,
    blocked: new Set(blocked),
    arches: new Set(arches),
  };
  const found = await all(
    mergeRepositories(
      repositories.map((one) => ({ packages: () => one })),
      options,
    ),
  );
  return found.map((one) => one.package.pkgid).sort();
}

/** What mergerepo_c makes of it with the options that Koji's builder gives it. */
async function theirs(
  repositories: Package[][],
  mode: MergeMode,
  blocked: string[] = [],
  arches: string[] = ['x86_64'],
): Promise<string[]> {
  const folder = join(dir, `${made++}`);
  const sources: string[] = [];
  for (const [at, one] of repositories.entries()) {
    await writeRepository(join(folder, `${at}`), one);
    sources.push('--repo', `file://${join(folder, `${at}`)}`);
  }
  await writeFile(join(folder, 'blocked'), blocked.map((name) => `${name}\n`).join(''));
  const modes = {
    koji: ['--koji', '--blocked', join(folder, 'blocked')],
    simple: ['--koji', '--simple', '--blocked', join(folder, 'blocked')],
    bare: ['--pkgorigins', '--all'],
  };
  const chosen = ['--archlist', arches.join(','), '--arch-expand'];
  const output = join(folder, 'out');
  const options = ['--no-database', '--omit-baseurl', '--outputdir', output];
  execFileSync('mergerepo_c', [...modes[mode], ...chosen, ...options, ...sources], {
    stdio: 'ignore',
    timeout: 60_000,
  });
  const { records } = readRepomd(await readFile(join(output, 'repodata', 'repomd.xml')));
  const primary = records.find(({ type }) => type === 'primary')?.href ?? '';
  // Not by our reader: in simple mode mergerepo_c announces fewer packages than it lists when one comes twice.
  const text = gunzipSync(await readFile(join(output, primary))).toString();
  return [...text.matchAll(/pkgid="YES">(\w+)</g)].map(([, id = '']) => id).sort();
}

async function writeRepository(folder: string, of: Package[]): Promise<void> {
  const known = new Map(
    of.map((one) => {
      const { name, epoch, version, release, arch, pkgid } = one;
      const evr = `epoch="${epoch}" ver="${version}" rel="${release}"`;
      const source = one.sourceRpm === null ? '' : `<rpm:sourcerpm>${one.sourceRpm}</rpm:sourcerpm>`;
      const other = Buffer.from(
        `<package pkgid="${pkgid}" name="${name}" arch="${arch}"><version ${evr}/></package>\n`,
      );
      const primary = Buffer.from(
        `<package type="rpm"><name>${name}</name><arch>${arch}</arch><version ${evr}/><checksum type="sha256" pkgid="YES">${pkgid}</checksum><summary/><description/><packager/><url/><time file="1" build="1"/><size package="1" installed="1" archive="1"/><location href="${pkgid}.rpm"/><format><rpm:license>x</rpm:license>${source}</format></package>\n`,
      );
      return [
        { name, epoch, version, release, arch, id: pkgid, key: pkgid, bytes: 1 },
        { primary, filelists: other, other },
      ];
    }),
  );
  await composeFolder(folder, known);
}

async function both(
  words: string[],
  mode: MergeMode,
  blocked: string[] = [],
  arches: string[] = ['x86_64'],
): Promise<string[]> {
  const repositories = words.map((one, at) => packages(at, one));
  const found = await ours(repositories, mode, blocked, arches);
  expect(found).toEqual(await theirs(repositories, mode, blocked, arches));
  const byId = new Map(repositories.flat().map((one) => [one.pkgid, one]));
  return found.map((id) => {
    const one = byId.get(id);
    return `${Math.floor(Number.parseInt(id, 16) / 1000) - 1}:${one?.name}-${one?.version}.${one?.arch}`;
  });
}

test('in koji mode a source that we have hides all of it elsewhere, newer or not', async () => {
  const found = await both(['s-1/a-1.noarch', 's-2/a-2.noarch s-2/b-2.noarch t-1/c-1.noarch'], 'koji');
  expect(found).toEqual(['0:a-1.noarch', '1:c-1.noarch']);
});

test('in koji mode the first of the others that has a source is the one, with its newest', async () => {
  const found = await both(
    ['', 's-1/a-1.noarch s-3/a-3.noarch s-10/a-10.noarch', 's-11/a-11.noarch'],
    'koji',
  );
  expect(found).toEqual(['1:a-10.noarch']);
});

test('in koji mode the same package comes once, whatever its epoch', async () => {
  const found = await both(['s-1/a-1.noarch', 't-1/a-1:1.noarch t-1/b-1.noarch'], 'koji');
  expect(found).toEqual(['0:a-1.noarch', '1:b-1.noarch']);
});

test('what was built from blocked sources is nowhere, but in bare mode', async () => {
  const words = ['s-1/a-1.noarch t-1/b-1.noarch', 't-1/c-1.noarch u-1/d-1.noarch'];
  expect(await both(words, 'koji', ['t', 'x'])).toEqual(['0:a-1.noarch', '1:d-1.noarch']);
  expect(await both(words, 'simple', ['t'])).toEqual(['0:a-1.noarch', '1:d-1.noarch']);
  expect(await both(words, 'bare', ['t'])).toHaveLength(4);
});

test('in simple mode all come, also the same one twice; in bare mode the first of them', async () => {
  const words = ['s-1/a-1.noarch', 's-1/a-1.noarch s-2/a-2.noarch s-1/a-1:1.noarch t-1/a-1.0.noarch'];
  expect(await both(words, 'simple')).toHaveLength(5);
  expect(await both(words, 'bare')).toEqual([
    '0:a-1.noarch',
    '1:a-2.noarch',
    '1:a-1.noarch',
    '1:a-1.0.noarch',
  ]);
});

test('what states no source is let in, and so is what states nonsense', async () => {
  const words = ['/a-1.noarch', '/a-2.noarch'];
  expect(await both(words, 'koji')).toEqual(['0:a-1.noarch', '1:a-2.noarch']);
  expect(await both(words, 'simple')).toEqual(['0:a-1.noarch', '1:a-2.noarch']);
  const nonsense = packages(0, '/a-1.noarch /b-1.noarch').map((one) => ({ ...one, sourceRpm: '../x' }));
  expect(await ours([nonsense], 'koji')).toHaveLength(2);
});

test('other architectures are left out, but hide what they hide', async () => {
  const found = await both(
    ['s-2/a-2.aarch64', 's-1/a-1.x86_64 t-1/b-1.x86_64 t-1/c-1.noarch /t-1.src'],
    'koji',
    [],
    ['x86_64'],
  );
  expect(found).toEqual(['1:b-1.x86_64', '1:c-1.noarch']);
});

test('any repositories are merged as createrepo_c merges them', async () => {
  const one = fc
    .tuple(
      fc.constantFrom('s-1', 's-2', 's-10', 't-1', 't-2', 'u-1', ''),
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom('', '1:'),
      fc.constantFrom('1', '2', '1.0'),
      fc.constantFrom('noarch', 'x86_64', 'aarch64'),
    )
    .map(([source, name, epoch, version, arch]) => `${source}/${name}-${epoch}${version}.${arch}`);
  // Of two packages of one name in one repository createrepo_c takes any.
  const same = (word: string) => word.replace(/^.*\/|1:/g, '');
  const repository = fc.uniqueArray(one, { maxLength: 8, selector: same }).map((words) => words.join(' '));
  await fc.assert(
    fc.asyncProperty(
      fc.array(repository, { minLength: 1, maxLength: 4 }),
      fc.constantFrom<MergeMode>('koji', 'koji', 'simple', 'bare'),
      fc.subarray(['s', 't']),
      fc.constantFrom('x86_64', 'aarch64').map((arch) => [arch]),
      async (words, mode, blocked, arches) => {
        await both(words, mode, blocked, arches);
      },
    ),
    { seed: 20261122, numRuns: 40 },
  );
}, 120_000);
