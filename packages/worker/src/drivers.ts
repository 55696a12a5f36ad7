/** The driver that the configuration names, with its state under the worker's home. */
import { createNativeDriver, type Driver } from '@moromi/buildroot';
import type { WorkerConfig } from './config.ts';
import type { Home } from './home.ts';
import type { Journal } from './journal.ts';

export function makeDriver(config: WorkerConfig, home: Home, journal: Journal): Driver {
  const { roots, isolation } = config;
  return createNativeDriver({
    home: home.driver,
    log: (line) => journal.info(line),
    ...(roots === undefined ? {} : { roots }),
    ...(isolation === undefined ? {} : { isolation }),
  });
}
