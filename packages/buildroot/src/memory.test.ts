import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MemoryWatch } from './memory.ts';

const mib = 2 ** 20;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('the peak of all steps is kept, and a look that fails is none', async () => {
  const memory = new MemoryWatch();
  const first = [3 * mib, 7 * mib + 1, 1];
  let stop = memory.start(async () => first.shift() ?? Promise.reject(new Error('gone')));
  await vi.advanceTimersByTimeAsync(5000);
  stop();
  stop = memory.start(async () => 2 * mib);
  await vi.advanceTimersByTimeAsync(5000);
  stop();
  expect(memory.mib).toBe(8);
});

test('it looks often at first, then twice a second, and never after the end', async () => {
  const memory = new MemoryWatch();
  const look = vi.fn(async () => 1);
  const stop = memory.start(look);
  await vi.advanceTimersByTimeAsync(400);
  expect(look).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(10_000);
  const before = look.mock.calls.length;
  expect(before).toBeGreaterThan(20);
  expect(before).toBeLessThan(25);
  stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(look).toHaveBeenCalledTimes(before);
});

test('a look begins when the last is over, and what it sees after the end does not count', async () => {
  const memory = new MemoryWatch();
  const look = vi.fn(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return 9 * mib;
  });
  const stop = memory.start(look);
  await vi.advanceTimersByTimeAsync(100);
  stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(look).toHaveBeenCalledTimes(1);
  expect(memory.mib).toBe(0);
  const again = memory.start(look);
  await vi.advanceTimersByTimeAsync(20_000);
  again();
  expect(look.mock.calls.length).toBeLessThan(13);
  expect(memory.mib).toBe(9);
});
