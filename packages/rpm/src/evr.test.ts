import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RpmError } from './errors.ts';
import { compareEvr, formatEvr, parseEvr, rpmvercmp } from './evr.ts';
import { cpuMilliseconds } from './testing/cpu.ts';
import { run } from './testing/rpm.ts';

const SEED = 20261121;
const piece = fc.oneof(
  fc.stringMatching(/^[0-9]{1,3}$/),
  fc.stringMatching(/^0{1,3}[0-9]$/),
  fc.constantFrom(
    'a',
    'b',
    'rc',
    'git',
    'Z',
    '~',
    '^',
    '.',
    '_',
    '+',
    '..',
    '~~',
    '^^',
    '.~',
    '^.',
    '18446744073709551616',
  ),
);
const version = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
/** Versions that share a beginning: random pairs alone mostly differ in their first run. */
const pair = fc.oneof(
  fc.tuple(version, version),
  fc.tuple(version, piece, piece).map(([base, a, b]): [string, string] => [base + a, base + b]),
  fc.tuple(version, piece).map(([base, a]): [string, string] => [base, base + a]),
  fc.tuple(version, version, version).map(([a, b, c]): [string, string] => [`${a}-${b}`, `${a}-${c}`]),
  fc
    .tuple(fc.nat(3), version, fc.nat(3), version)
    .map(([e, a, f, b]): [string, string] => [`${e}:${a}`, `${f}:${b}`]),
);

/** One rpm process answers all pairs. */
async function askRpm(pairs: readonly (readonly [string, string])[]): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-evr-'));
  try {
    const file = join(folder, 'pairs');
    await writeFile(file, pairs.map(([a, b]) => `${a} ${b}\n`).join(''));
    const program = `for l in io.lines("${file}") do local a, b = l:match("^(%S+) (%S+)$") print(rpm.vercmp(a, b) .. " ") end`;
    const answer = await run('rpm', ['--eval', `%{lua:${program}}`]);
    return answer.trim().split(/\s+/).map(Number);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('20,000 generated pairs have the order that rpm gives them', async () => {
  const pairs = fc.sample(pair, { numRuns: 20_000, seed: SEED });
  const answers = await askRpm(pairs);
  expect(answers).toHaveLength(pairs.length);
  const differing = pairs.filter(([a, b], at) => compareEvr(loose(a), loose(b)) !== answers[at]);
  expect(differing).toEqual([]);
});

/** As rpm splits a version string, without parseEvr's strictness. */
function loose(text: string) {
  const [, epoch, rest = ''] = /^(?:([0-9]+):)?(.*)$/.exec(text) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: epoch === undefined ? null : Number(epoch),
    version: dash < 0 ? rest : rest.slice(0, dash),
    release: dash < 0 ? null : rest.slice(dash + 1),
  };
}

test.each([
  ['1.0', '1.0', 0],
  ['1.0~rc1', '1.0', -1],
  ['1.0^git1', '1.0', 1],
  ['1.0^git1', '1.0.1', -1],
  ['1.0~rc1^git1', '1.0~rc1', 1],
  ['10', '9', 1],
  ['1.a', '1.1', -1],
  ['fc4', 'fc.4', 0],
])('%s against %s is %i', (a, b, order) => {
  expect(rpmvercmp(a, b)).toBe(order);
});

test('the order is antisymmetric', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => rpmvercmp(a, b) + rpmvercmp(b, a) === 0),
    { seed: SEED },
  );
});

test('equal versions may be exchanged for one another', () => {
  fc.assert(
    fc.property(pair, version, ([a, b], c) => rpmvercmp(a, b) !== 0 || rpmvercmp(a, c) === rpmvercmp(b, c)),
    { seed: SEED },
  );
});

test('comparing very long versions takes linear time', () => {
  const long = '1.a~'.repeat(100_000);
  const spent = cpuMilliseconds(() => {
    expect(rpmvercmp(`${long}1`, `${long}2`)).toBe(-1);
  });
  expect(spent).toBeLessThan(2_000);
});

test('a version without a release is before the same version with one', () => {
  expect(compareEvr(parseEvr('1'), parseEvr('1-1'))).toBe(-1);
  expect(compareEvr(parseEvr('1-1'), parseEvr('1'))).toBe(1);
});

test('no epoch orders as epoch 0, and is not written', () => {
  expect(compareEvr(parseEvr('0:1-1'), parseEvr('1-1'))).toBe(0);
  expect(formatEvr(parseEvr('0:1-1'))).toBe('0:1-1');
  expect(formatEvr(parseEvr('1-1'))).toBe('1-1');
});

const evr = fc.record({
  epoch: fc.option(fc.nat({ max: 0xffff_ffff })),
  version: fc.stringMatching(/^[A-Za-z0-9_+~^]{1,8}$/),
  release: fc.option(fc.stringMatching(/^[A-Za-z0-9_+~^]{1,8}$/)),
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(evr, (value) => {
      expect(parseEvr(formatEvr(value))).toEqual(value);
    }),
    { seed: SEED },
  );
});

test.each(['', ':1', '1:', '-1', '1-', '1-2-3', '1:2:3', 'a:1', '4294967296:1', '1 ', '1/2', '1..2', 'é'])(
  '"%s" is no version',
  (text) => {
    expect(() => parseEvr(text)).toThrow(RpmError);
  },
);
