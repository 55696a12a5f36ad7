/**
 * What a hub looks after at intervals, because no hint is sure to come.
 *
 * Invariant: a look never overlaps itself, and one that fails is tried again at its next time.
 */
import { log } from './ledger/index.ts';

export interface Sweep {
  name: string;
  everyMs: number;
  look: () => Promise<void>;
}

export function startSweeps(sweeps: readonly Sweep[]): { stop(): Promise<void> } {
  const running = new Map<string, Promise<void>>();
  const failing = new Set<string>();
  const timers = sweeps.map(({ name, everyMs, look }) =>
    setInterval(() => {
      if (running.has(name)) return;
      const run = look()
        .then(() => {
          if (failing.delete(name)) log('info', 'works again', { sweep: name });
        })
        .catch((error: unknown) => {
          if (!failing.has(name))
            log('warn', 'failed; it is tried again', { sweep: name, error: String(error) });
          failing.add(name);
        })
        .finally(() => running.delete(name));
      running.set(name, run);
    }, everyMs),
  );
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}
