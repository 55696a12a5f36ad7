/**
 * What a task has to work with, and what each kind of task is.
 *
 * Invariant: a task touches nothing but this: its own folder, its logs, the caches, the driver. It says what it made and
 * never speaks of it to the ledger itself.
 */
import type { Buildroot, Driver } from '@moromi/buildroot';
import type { Completion, Lease } from '@moromi/contract';
import type { DriverCheck } from '../checks/driver.ts';
import type { Downloads } from '../downloads.ts';
import type { Home } from '../home.ts';
import type { LogFolder } from '../log-folder.ts';
import type { Held } from '../running.ts';
import type { Desk } from '../signer/desk.ts';
import type { Uploads } from '../uploads.ts';

export interface Work {
  lease: Lease;
  held: Held;
  /** This attempt's own folder; removed with it. */
  dir: string;
  home: Home;
  logs: LogFolder;
  signal: AbortSignal;
  downloads: Downloads;
  uploads: Uploads;
  driver: Driver | undefined;
  driverCheck: DriverCheck | undefined;
  desk: Desk | undefined;
  /** Set by the task once it opened a root; whoever runs the task keeps or destroys it. */
  root?: Buildroot;
}

export type Done = Extract<Completion, { outcome: 'done' }>;
export type TaskRun = (work: Work) => Promise<Done>;
