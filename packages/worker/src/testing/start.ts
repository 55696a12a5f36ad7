/** A worker in this process, with a driver that does what a test says. */
import { join } from 'node:path';
import type { WorkerConfig } from '../config.ts';
import { runWorker, type WorkerParts } from '../run.ts';
import { type Build, makeFiles, TestDriver } from './driver.ts';
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

/** As `start`, with builds that go on until `finish`. */
export function startHeld(stage: Scene, more: Partial<WorkerConfig> = {}) {
  const held = Promise.withResolvers<void>();
  const build: Build = async (order, dir, signal) => {
    await held.promise;
    return await makeFiles(order, dir, signal);
  };
  return { worker: start(stage, build, more), finish: held.resolve };
}
