/** A worker in this process, with a driver that does what a test says. */
import { join } from 'node:path';
import type { WorkerConfig } from '../config.ts';
import { runWorker, type WorkerParts } from '../run.ts';
import { type Build, TestDriver } from './driver.ts';
import type { Scene } from './scene.ts';

export const srpm = Buffer.from('a source package');

export function start(
  stage: Scene,
  build?: Build,
  more: Partial<WorkerConfig> = {},
  parts: (started: WorkerConfig) => WorkerParts = () => ({}),
) {
  const home = join(stage.dir, 'home');
  const config: WorkerConfig = {
    home,
    hub: stage.hub.url,
    name: 'builder1',
    enrolToken: 'enrol-me',
    kinds: ['srpm', 'build'],
    arches: ['x86_64'],
    slots: 1,
    driver: 'native',
    // Not the one that all workers of this machine look at.
    stopFile: join(stage.dir, 'stop'),
    logLevel: 'debug',
    ...more,
  };
  const leave = new AbortController();
  const now = new AbortController();
  const driver = new TestDriver(home, build);
  const signals = { leave: leave.signal, now: now.signal };
  const exit = runWorker(config, signals, { driver, journal: stage.journal, ...parts(config) });
  return { home, driver, exit, leave: () => leave.abort(), now: () => now.abort() };
}
