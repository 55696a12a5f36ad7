/**
 * The driver that the configuration names.
 *
 * Invariant: each kind of driver has a folder of its own under the worker's home.
 */
import { join } from 'node:path';
import { createMockDriver, createNativeDriver, type Driver, sweepKept } from '@moromi/buildroot';
import type { WorkerConfig } from './config.ts';
import type { Home } from './home.ts';
import type { Journal } from './journal.ts';

export function makeDriver(config: WorkerConfig, home: Home, journal: Journal): Driver {
  const options = { home: join(home.driver, config.driver), log: (line: string) => journal.info(line) };
  if (config.driver === 'mock') return createMockDriver(options);
  const { roots, isolation } = config;
  return createNativeDriver({
    ...options,
    ...(roots === undefined ? {} : { roots }),
    ...(isolation === undefined ? {} : { isolation }),
  });
}

/** Removes the kept roots whose time is over, of both kinds of driver. */
export async function sweepDrivers(home: Home): Promise<void> {
  for (const kind of ['native', 'mock']) await sweepKept(join(home.driver, kind));
}
