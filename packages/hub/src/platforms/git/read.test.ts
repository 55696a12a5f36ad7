import { expect, test } from 'vitest';
import { Lines } from './lines.ts';
import { readCatalogue } from './read.ts';

const file = (text: string, path = 'a.toml') => ({ path, text });

async function mistakes(...files: { path: string; text: string }[]): Promise<string[]> {
  return await readCatalogue(files).then(
    () => [],
    (error: Error) => error.message.split('\n'),
  );
}

const sound = `
[platforms.el9]
dist = ".el9"
arches = ["x86_64"]

[[platforms.el9.externals]]
external = "base"
priority = 5

[platforms.el9.settings.packages."node*"]
modules = ["nodejs:20"]

[flavours.epel]
externals = [{ external = "epel" }]
`;

test('what files say is gathered, each with its place', async () => {
  const found = await readCatalogue([
    file(sound),
    file('[tags.el9-build]\nnetwork = true\n', 'tags/build.toml'),
  ]);
  expect(found.platforms.map(({ name, said }) => [name, said])).toEqual([
    [
      'el9',
      {
        dist: '.el9',
        arches: ['x86_64'],
        externals: [{ external: 'base', priority: 5 }],
        settings: { packages: { 'node*': { modules: ['nodejs:20'] } } },
      },
    ],
  ]);
  expect(found.platforms[0]?.at()).toBe('a.toml:2');
  expect(found.platforms[0]?.at('externals')).toBe('a.toml:6');
  expect(found.flavours.map((one) => one.name)).toEqual(['epel']);
  expect(found.tags.map((one) => [one.name, one.said, one.at()])).toEqual([
    ['el9-build', { network: true }, 'tags/build.toml:1'],
  ]);
});

test.each([
  ['no TOML', '[platforms.x\n', /^a\.toml:\d+: /],
  [
    'a line that is longer than anybody writes',
    `[tags.x]\n${'a'.repeat(20_000)} = 1\n`,
    /^a\.toml:2: the line has more than 16384 characters; break it$/,
  ],
  ['another table', '[distros.x]\n', /^a\.toml:1: distros: there are platforms, flavours and tags$/],
  ['a value of another kind', '[platforms.x]\n\ndist = 9\n', /^a\.toml:3: platforms\.x\.dist: /],
  [
    'a key that nobody knows',
    '[tags.x]\nnetwrok = true\n',
    /^a\.toml:2: tags\.x\.netwrok: there is no such key; .*network/,
  ],
  [
    'one in a list of tables',
    '[[platforms.x.externals]]\nexternal = "a"\n[[platforms.x.externals]]\nexternal = "b"\nprio = 3\n',
    /^a\.toml:5: platforms\.x\.externals\.1\.prio: there is no such key/,
  ],
  [
    'one under a glob',
    '[tags.x.packages."kernel*"]\n# big\nmemory = 5\n',
    /^a\.toml:3: tags\.x\.packages\.kernel\*\.memory: there is no such key/,
  ],
  [
    'an option of mock that would run something',
    '[flavours.x.settings.mock]\nrpmbuild_command = "/bin/sh"\n',
    /^a\.toml:2: flavours\.x\.settings\.mock\.rpmbuild_command: there is no such key/,
  ],
  ['a name that is none', '[tags."a b"]\n', /^a\.toml:1: tags\.a b: that is no name$/],
])('%s is refused with file, line and key', async (_, text, said) => {
  const found = await mistakes(file(text));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(said);
});

test('all mistakes are told at once, and what is said twice with both places', async () => {
  expect(
    await mistakes(file('[tags.x]\nnetwork = 1\n[tags.y]\nlatest = "x"\n'), file('[tags.x]\n', 'b.toml')),
  ).toEqual([
    expect.stringMatching(/^a\.toml:2: tags\.x\.network: /),
    expect.stringMatching(/^a\.toml:4: tags\.y\.latest: /),
    'b.toml:1: tags.x: it is said in a.toml:1 too',
  ]);
});

test('a key of very many parts is a mistake like others, and costs no more than its length', async () => {
  const long = 'a.'.repeat((256 << 10) / 2 - 3);
  const before = process.memoryUsage().heapUsed;
  const lines = new Lines(`x = 1\n${long}a = 1\n[${long}a]\n`);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 << 20);
  expect(lines.of(Array.from({ length: 100 }, () => 'a'))).toBe(2);
  expect(await mistakes(file(`${long}a = 1\n`))).toEqual([expect.stringMatching(/^a\.toml:1: /)]);
});

test('lines are found over texts of several lines, quoted keys and inline tables', () => {
  const lines = new Lines(
    `a = """\nb = 1\n"""\n[x . "y.z"]\nc.d = { e = 1 }\n[[x.list]]\nf = 1\n[[x.list]]\nf = 2\n`,
  );
  expect(lines.of(['a'])).toBe(1);
  expect(lines.of(['b'])).toBe(1);
  expect(lines.of(['x', 'y.z', 'c', 'd', 'e'])).toBe(5);
  expect(lines.of(['x', 'list', 1, 'f'])).toBe(9);
});
