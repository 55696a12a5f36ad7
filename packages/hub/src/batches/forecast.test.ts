import { expect, test } from 'vitest';
import { type Left, secondsLeft } from './forecast.ts';

const offer = {
  worker: 'w',
  kinds: ['build'],
  arches: ['x86_64'],
  channels: ['default'],
  excludes: [],
  capacity: 2,
  memoryMb: 0,
  diskMb: 0,
  cores: 0,
  cpuLevel: 0,
  speed: 1,
};
const fleet = [{ offer, slots: 2 }];
const item = (id: number, needs: number[], more: Partial<Left> = {}): Left => ({
  id,
  needs,
  seconds: 60,
  after: 0,
  arches: ['x86_64'],
  ...more,
});

test('what is left is played on the slots that there are', () => {
  expect(secondsLeft([item(1, []), item(2, [1]), item(3, [])], fleet)).toBe(120);
  expect(secondsLeft([], fleet)).toBe(0);
});

test('what nobody can build is never over', () => {
  expect(secondsLeft([item(1, [], { arches: ['riscv64'] })], fleet)).toBeNull();
});
