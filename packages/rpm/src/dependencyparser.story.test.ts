import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DependencyKind } from './dependencies.ts';
import { type Dependency, formatDependency, formatEntry, toEntry } from './dependency.ts';
import { fromEntry, parseDependencies, parseDependency } from './dependencyparser.ts';
import { RpmError } from './errors.ts';
import { cpuMilliseconds } from './testing/cpu.ts';
import { output } from './testing/rpm.ts';

const SEED = 20261121;

const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9_][a-zA-Z0-9._+-]{0,6}$/),
  fc.constantFrom(
    'libc.so.6(GLIBC_2.34)(64bit)',
    'perl(Foo::Bar)',
    '/bin/sh',
    'font(:lang=en)',
    'config(x)',
    'and',
    'if',
  ),
);
const version = fc.stringMatching(/^([0-9]{1,2}:)?[A-Za-z0-9_+~^]{1,4}(-[A-Za-z0-9_+~^]{1,3})?$/);
const operator = fc.constantFrom('<', '<=', '=', '>=', '>' as const);
const plain: fc.Arbitrary<Dependency> = fc.record({
  kind: fc.constant('simple' as const),
  name,
  operator: fc.constant(null),
  version: fc.constant(null),
});
const versioned: fc.Arbitrary<Dependency> = fc.record({
  kind: fc.constant('simple' as const),
  name: name.filter((text) => !text.startsWith('/')),
  operator,
  version,
});
/** Expressions of every form, also those whose nesting rpm refuses. */
const { dependency } = fc.letrec<{ dependency: Dependency }>((tie) => ({
  dependency: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    plain,
    versioned,
    fc.record({
      kind: fc.constantFrom('and', 'or', 'with'),
      operands: fc.array(tie('dependency'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('without'), operands: fc.tuple(tie('dependency'), tie('dependency')) }),
    fc.record({
      kind: fc.constantFrom('if', 'unless'),
      consequence: tie('dependency'),
      condition: tie('dependency'),
      otherwise: fc.option(tie('dependency')),
    }),
    fc.record({ kind: fc.constant('group'), operand: tie('dependency') }),
  ) as fc.Arbitrary<Dependency>,
}));

function accepts(text: string, kind: DependencyKind): string[] | null {
  try {
    return parseDependencies(text, kind).map(formatDependency);
  } catch (error) {
    expect(error).toBeInstanceOf(RpmError);
    return null;
  }
}

/** Asks rpm for all texts in one call: each stands in a spec of its own, since rpm refuses a spec as a whole. */
async function askRpm(texts: readonly string[], tag: string, query: string): Promise<(string[] | null)[]> {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-dependency-'));
  try {
    const head = 'Version: 1\nRelease: 1\nSummary: t\nLicense: t\nBuildArch: noarch';
    const specs = texts.map((_, at) => join(folder, `${at}.spec`));
    await Promise.all(
      texts.map((text, at) => {
        // Without a known second dependency, "read, but empty" could not be told from "refused".
        const spec = `Name: t${at}\n${head}\n${tag}: zzz-known\n${tag}: ${text}\n%description\nt\n%files\n`;
        return writeFile(join(folder, `${at}.spec`), spec);
      }),
    );
    const text = await output('rpmspec', ['-q', '--qf', `[%{=NAME}\t%{${query}NEVRS}\n]`, '--', ...specs]);
    const answers = new Map<string, string[]>();
    for (const line of text.split('\n')) {
      const [key = '', value = ''] = line.split('\t');
      answers.set(key, [...(answers.get(key) ?? []), value]);
    }
    return texts.map((_, at) => answers.get(`t${at}`)?.filter((value) => value !== 'zzz-known') ?? null);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sorted(list: readonly string[] | null): string[] | null {
  return list && [...new Set(list)].sort();
}

const KINDS = [
  ['REQUIRE', 'Requires'],
  ['CONFLICT', 'Conflicts'],
  ['SUPPLEMENT', 'Supplements'],
  ['PROVIDE', 'Provides'],
] as const;

test.each(KINDS)(
  'rpm accepts and refuses the same expressions as %ss, and writes them the same',
  async (kind, tag) => {
    const values = fc.sample(dependency, { numRuns: 150, seed: SEED });
    const texts = values.map(formatDependency);
    const answers = await askRpm(texts, tag, kind);
    const differing = texts
      .map((text, at) => ({
        text,
        ours: accepts(text, kind),
        rpm: answers[at]?.filter((value) => !/^t[0-9]+ = 1-1$/.test(value)),
      }))
      .map(({ text, ours, rpm }) => ({ text, ours: sorted(ours), rpm: sorted(rpm ?? null) }))
      .filter(({ ours, rpm }) => JSON.stringify(ours) !== JSON.stringify(rpm));
    expect(differing).toEqual([]);
    expect(answers.filter((answer) => answer === null).length).toBeGreaterThan(8);
    expect(answers.filter((answer) => answer !== null).length).toBeGreaterThan(8);
  },
  60_000,
);

/** Text near the language: pieces in any order. */
const noise = fc
  .array(
    fc.constantFrom(
      'a',
      'b1',
      '(',
      ')',
      'and',
      'or',
      'if',
      'else',
      'with',
      'unless',
      'without',
      '>=',
      '=<',
      '==',
      '1',
      '1:2-3',
      ',',
      '/x',
      '(x)',
      '=',
      '-',
      '1-',
    ),
    { minLength: 1, maxLength: 8 },
  )
  .chain((pieces) => fc.constantFrom(' ', '  ', '').map((gap) => pieces.join(gap)));

test('rpm reads whatever is read, alike; beyond that it reads an "else" alone and versions with an empty part', async () => {
  const texts = fc.sample(noise, { numRuns: 600, seed: SEED });
  const answers = await askRpm(texts, 'Requires', 'REQUIRE');
  const all = texts.map((text, at) => ({
    text,
    ours: sorted(accepts(text, 'REQUIRE')),
    rpm: sorted(answers[at] ?? null),
  }));
  const read = all.filter(({ ours }) => ours !== null);
  expect(read.filter(({ ours, rpm }) => JSON.stringify(ours) !== JSON.stringify(rpm))).toEqual([]);
  expect(read.length).toBeGreaterThan(60);
  const refused = all.filter(({ ours, rpm }) => ours === null && rpm !== null).map(({ text }) => text);
  const isStated = (text: string) =>
    text.includes('else') || /[<=>]+[ ,]*([^ ,)]*-(?=[ ,)]|$)|[-:])/.test(text);
  expect(refused.filter((text) => !isStated(text))).toEqual([]);
}, 60_000);

test('formatting and reading again gives the same value', () => {
  fc.assert(
    fc.property(dependency, (value) => {
      const text = formatDependency(value);
      for (const kind of ['REQUIRE', 'CONFLICT'] as const) {
        if (accepts(text, kind) === null) continue;
        expect(parseDependency(text, kind)).toEqual(value);
        expect(fromEntry(toEntry(value), kind)).toEqual(value);
        expect(formatEntry(toEntry(value))).toBe(text);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test('a line holds several, separated by space or commas', () => {
  expect(parseDependencies('a, b >= 1  c,(d or e)').map(formatDependency)).toEqual([
    'a',
    'b >= 1',
    'c',
    '(d or e)',
  ]);
  expect(() => parseDependency('a b')).toThrow('exactly one');
});

test('a generated name with a space is taken as it stands in a header', () => {
  const entry = { name: '/opt/My App/run', flags: 0, version: '' };
  expect(fromEntry(entry)).toEqual({ kind: 'simple', name: entry.name, operator: null, version: null });
});

test.each([
  '(a else b)',
  '(a if b else c else d)',
  '()',
  '(a',
  'a >=',
  '(a and b or c)',
  '/x >= 1',
  '-a',
  'a = 1-',
  '(a))',
])('%j is refused with bad_dependency or bad_evr', (text) => {
  expect(() => parseDependencies(text)).toThrow(RpmError);
});

test('deep and long text is refused or read in linear time', () => {
  const spent = cpuMilliseconds(() => {
    expect(() => parseDependencies('('.repeat(1_000_000))).toThrow(RpmError);
    expect(parseDependencies(`(${'a and '.repeat(200_000)}b)`)).toHaveLength(1);
    expect(() => parseDependencies(`${'(a or '.repeat(100_000)}b${')'.repeat(100_000)}`)).toThrow(
      'deeper than 64',
    );
  });
  expect(spent).toBeLessThan(2_000);
});
