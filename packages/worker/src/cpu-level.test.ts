import { arch } from 'node:os';
import { expect, test } from 'vitest';
import { cpuLevel, levelOf, reachesLevel } from './cpu-level.ts';

const one = 'fpu vme tsc cx8 cmov mmx fxsr sse sse2 syscall lm'.split(' ');
const two = [...one, ...'pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm'.split(' ')];
const three = [...two, ...'avx avx2 bmi1 bmi2 f16c fma abm movbe xsave'.split(' ')];
const four = [...three, ...'avx512f avx512bw avx512cd avx512dq avx512vl'.split(' ')];

test('each level has the features of all levels below', () => {
  expect([one, two, three, four].map(levelOf)).toEqual([1, 2, 3, 4]);
  expect(levelOf([])).toBe(0);
  // One that would be of the fourth, but for a feature of the second.
  expect(levelOf(four.filter((flag) => flag !== 'popcnt'))).toBe(1);
  expect(levelOf(four.filter((flag) => flag !== 'xsave'))).toBe(2);
});

test('this machine has a level exactly where it is an x86-64', async () => {
  const level = await cpuLevel();
  if (arch() === 'x64') expect([1, 2, 3, 4]).toContain(level);
  else expect(level).toBe(0);
});

test('x86_64_v2 wants the second level, and nothing else wants any', () => {
  expect([0, 1, 2, 3].map((level) => reachesLevel('x86_64_v2', level))).toEqual([false, false, true, true]);
  expect(['x86_64', 'i686', 'aarch64', 'armv7hl'].every((name) => reachesLevel(name, 0))).toBe(true);
});
