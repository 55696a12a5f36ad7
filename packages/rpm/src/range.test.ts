import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SimpleDependency } from './dependency.ts';
import { overlap, rangeOf } from './range.ts';
import { flagsOf } from './sense.ts';
import { run } from './testing/rpm.ts';

const SEED = 20261121;
const version = fc
  .tuple(
    fc.constantFrom('', '', '0:', '1:', '00:', ':', '10:', '9:'),
    fc.constantFrom('1', '1.0', '1.00', '1~rc1', '1^git', '2', '10', 'a', ''),
    fc.constantFrom('', '', '-1', '-2', '-1.el9', '-1~x', '-', '-01', '-1-2'),
  )
  .map((parts) => parts.join(''));
const operator = fc.constantFrom('<', '<=', '=', '>=', '>' as const);
const side = fc.oneof(
  { arbitrary: fc.record({ operator, version }), weight: 20 },
  { arbitrary: fc.constant({ operator: null, version: null }), weight: 1 },
);
type Side = Pick<SimpleDependency, 'operator' | 'version'>;

/** rpm's own rpmdsCompare, through the bindings that dnf uses; one process answers all pairs. */
async function askRpm(pairs: readonly (readonly [Side, Side])[]): Promise<boolean[]> {
  const asked = pairs.map((pair) => pair.map((one) => [flagsOf(one.operator), one.version ?? '']));
  const program = `
import json, rpm, sys
def ds(one, kind): return rpm.ds(('a', one[0], one[1]), kind)
print(json.dumps([bool(ds(a, 'Provides').Compare(ds(b, 'Requires'))) for a, b in json.loads(sys.argv[1])]))
`;
  return JSON.parse(await run('/usr/bin/python3', ['-c', program, JSON.stringify(asked)]));
}

test('1,000 generated pairs overlap where rpm says so', async () => {
  const pairs = fc.sample(fc.tuple(side, side), { numRuns: 1_000, seed: SEED });
  const answers = await askRpm(pairs);
  const differing = pairs.filter(([a, b], at) => overlap(rangeOf(a), rangeOf(b)) !== answers[at]);
  expect(differing).toEqual([]);
  expect(answers.filter(Boolean).length).toBeGreaterThan(150);
  expect(answers.filter((answer) => !answer).length).toBeGreaterThan(150);
});

test('it does not matter which side provides', () => {
  fc.assert(
    fc.property(side, side, (a, b) => overlap(rangeOf(a), rangeOf(b)) === overlap(rangeOf(b), rangeOf(a))),
    { seed: SEED },
  );
});

test.each([
  ['= 1.0-1', '>= 1.0', true],
  ['= 1.0-1', '> 1.0', false],
  ['= 1.0-1', '< 1.0', false],
  ['= 1.0~rc1-1', '< 1.0', true],
  ['= 1.0~rc1-1', '>= 1.0', false],
  ['= 1:1.0-1', '>= 2.0', true],
  ['= 1.0-1', '>= 1:0.1', false],
  ['= 0:1.0-1', '= 1.0', true],
  ['= 1.0^git1-1', '> 1.0', true],
  ['<= 2', '>= 3', false],
])('what provides %s meets what requires %s: %s', (provided, required, meets) => {
  const side = (text: string) => {
    const [operator, version] = text.split(' ');
    return rangeOf({ operator, version } as Side);
  };
  expect(overlap(side(provided), side(required))).toBe(meets);
});
