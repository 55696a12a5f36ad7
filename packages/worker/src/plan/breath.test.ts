import { expect, test, vi } from 'vitest';
import { Breath } from './breath.ts';

/** One piece of work that holds the event loop for two milliseconds. */
function piece(): void {
  const end = performance.now() + 2;
  while (performance.now() < end);
}

test('others get their turn while long work goes on', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const breath = new Breath(new AbortController().signal);
  for (let at = 0; at < 60; at++) {
    piece();
    if (breath.due) await breath.take();
  }
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(0);
});

test('a breath is due 20 ms after the last', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  try {
    const breath = new Breath(new AbortController().signal);
    clock.mockReturnValue(1019);
    expect(breath.due).toBe(false);
    clock.mockReturnValue(1020);
    expect(breath.due).toBe(true);
    await breath.take();
    expect(breath.due).toBe(false);
  } finally {
    clock.mockRestore();
  }
});

test('long work stops at the signal, with its reason', async () => {
  const abort = new AbortController();
  const breath = new Breath(abort.signal);
  const reason = new Error('no longer ours');
  abort.abort(reason);
  await expect(breath.take()).rejects.toBe(reason);
});
