/** What is looked at before anything is taken; of several things that are wrong the first is named. */
import type { WorkerConfig } from '../config.ts';
import type { Home } from '../home.ts';
import type { Journal } from '../journal.ts';
import type { Line } from '../line.ts';
import type { Check } from './check.ts';
import { ClockCheck } from './clock.ts';
import { DiskCheck } from './disk.ts';
import type { DriverCheck } from './driver.ts';
import { MemoryCheck } from './memory.ts';
import { StopFileCheck } from './stop-file.ts';

export function checksOf(
  config: WorkerConfig,
  home: Home,
  line: Line,
  driverCheck: DriverCheck | undefined,
  journal: Journal,
): Check[] {
  return [
    new StopFileCheck(home.stopFile, journal, config.stopFile),
    new DiskCheck(home.dir, config.minFreeDiskMb),
    new MemoryCheck(config.minFreeMemoryMb),
    ...(driverCheck === undefined ? [] : [driverCheck]),
    new ClockCheck(line.clock, config.maxClockSeconds),
  ];
}
