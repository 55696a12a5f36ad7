import { expect, test } from 'vitest';
import { joinNeeds, noNeeds } from './needs.ts';
import { nothingHeld } from './offer.ts';
import { excludedBy, refusal } from './refusal.ts';
import { offer, task } from './testing/make.ts';

const why = (
  more: Parameters<typeof task>[1],
  worker: Parameters<typeof offer>[1] = {},
  held = nothingHeld,
) => refusal(task(1, more), offer('w', worker), held);

test('what a worker can never do is refused hard, each with its reason', () => {
  expect(why({ kind: 'publish' })).toMatchObject({
    hard: true,
    code: 'kind',
    reason: 'takes no publish tasks',
  });
  expect(why({ arch: 'riscv64' })).toMatchObject({ code: 'arch', reason: 'is not for riscv64' });
  expect(why({ channel: 'image' })).toMatchObject({ code: 'channel' });
  expect(why({ assigned: 'other' })).toMatchObject({
    code: 'assigned',
    reason: 'is not other, which it was assigned to',
  });
  expect(why({ package: 'kernel-rt' }, { excludes: ['glibc', 'kernel*'] })).toMatchObject({
    code: 'excluded_package',
    reason: 'does not take kernel*',
  });
  expect(why({ needs: { ...noNeeds, cpuLevel: 4 } })).toMatchObject({
    code: 'cpu_level',
    reason: 'has an x86-64-v3 processor and v4 is needed',
  });
  expect(why({ needs: { ...noNeeds, memoryMb: 32_768 } })).toMatchObject({
    code: 'memory',
    reason: 'has 16 GiB of memory and 32 GiB are needed',
  });
  expect(why({ needs: { ...noNeeds, cores: 9 } })).toMatchObject({ code: 'cores' });
  expect(why({ arch: null })).toBeNull();
});

test('what passes by itself is refused softly', () => {
  const held = { tasks: 1, weight: 3.5, memoryMb: 10_240, diskMb: 0 };
  expect(why({}, {}, held)).toMatchObject({
    hard: false,
    code: 'no_room',
    reason: 'carries 3.5 of 4 already',
  });
  expect(why({ needs: { ...noNeeds, memoryMb: 8192 } }, { capacity: 9 }, held)).toMatchObject({
    code: 'no_memory_now',
    reason: 'has 6 GiB of memory left and 8 GiB are needed',
  });
  expect(why({ refusedBy: new Map([['w', 'ran out of memory with it']]) })).toMatchObject({
    hard: false,
    code: 'refused_before',
  });
});

test('a worker that does not know its memory or its processor is not refused for them', () => {
  expect(
    why(
      { needs: { memoryMb: 9e6, diskMb: 9e6, cores: 99, cpuLevel: 4 } },
      { memoryMb: 0, diskMb: 0, cores: 0, cpuLevel: 0 },
    ),
  ).toBeNull();
});

test('globs take * and ? and nothing else for special', () => {
  expect(excludedBy('gcc-c++', ['gcc-c++'])).toBe('gcc-c++');
  expect(excludedBy('gccxc', ['gcc.c', 'gcc?c'])).toBe('gcc?c');
  expect(excludedBy('kernel', ['kernel-*', '[k]ernel'])).toBeUndefined();
});

test('of two needs the greater counts', () => {
  expect(joinNeeds(noNeeds, { memoryMb: 5, cores: 2 })).toEqual({
    memoryMb: 5,
    diskMb: 0,
    cores: 2,
    cpuLevel: 0,
  });
});
