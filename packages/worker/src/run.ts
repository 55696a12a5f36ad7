/**
 * A worker from its start to its end.
 *
 * Invariant: its first word to the hub is the release of whatever an earlier process of this home held, so no task
 * waits for the lease of a dead worker to lapse; then its offer; and only then its first claim.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Driver, Probe } from '@moromi/buildroot';
import { Problem, type WorkerOffer } from '@moromi/contract';
import type { Shop } from './attempt.ts';
import { sweepBlobs } from './blob-cache.ts';
import { checksOf } from './checks/all.ts';
import { DriverCheck } from './checks/driver.ts';
import type { WorkerConfig } from './config.ts';
import { Downloads } from './downloads.ts';
import { makeDriver, sweepDrivers } from './drivers.ts';
import { text } from './failure.ts';
import { Fitness } from './fitness.ts';
import { Heart } from './heart.ts';
import { giveBackLeft, giveBackRest } from './holdings.ts';
import { type Home, openHome } from './home.ts';
import { Journal } from './journal.ts';
import { forgetGone } from './kept.ts';
import { Line } from './line.ts';
import { makeOffer, needsDriver } from './offer.ts';
import { Refresh } from './refresh.ts';
import { Refusals } from './refusals.ts';
import { attemptName, Running } from './running.ts';
import { workShift } from './shift.ts';
import { type WorkerSignals, watchSignals } from './signals.ts';
import { Desk } from './signer/desk.ts';
import { Slots } from './slots.ts';
import { keptToken, ownToken } from './token.ts';
import { Uploads } from './uploads.ts';

export interface WorkerParts {
  /** Reads what stands in the settings now; throws a sentence where that makes no sense. Nothing changes without it. */
  settings?: () => WorkerConfig;
  // Stand-ins for tests.
  /** Between heartbeats of a worker that has nothing to do. */
  idleSeconds?: number;
  driver?: Driver;
  journal?: Journal;
}

const sweepMs = 600_000;
/** Time for asking the hub for its clock at the start, in milliseconds. */
const greetMs = 5_000;

/**
 * Runs a worker; returns its exit code: 0 when it left as it was told, 1 when it cannot work, with a sentence in the
 * journal that says what to do.
 * @param signals without them SIGTERM and SIGINT: the first means leave, the second means now
 */
export async function runWorker(
  config: WorkerConfig,
  signals?: WorkerSignals,
  parts: WorkerParts = {},
): Promise<number> {
  const journal = parts.journal ?? new Journal(config.logLevel);
  using watched = watchSignals(signals, (which) => {
    const finishing = 'finishing what is begun, taking no more; a second signal ends it at once';
    journal.info(which === 'leave' ? finishing : 'leaving now');
  });
  try {
    const { home, lock } = await openHome(config.home);
    await using _ = lock;
    await work(config, home, watched, parts, journal);
    return 0;
  } catch (error) {
    if (watched.leave.aborted && error === watched.leave.reason) return 0;
    if (error instanceof Problem) journal.error(`${error.message} ${error.todo}`);
    else journal.error(text(error));
    if (error instanceof Error) journal.debug(error.stack ?? '');
    return 1;
  }
}

async function work(
  config: WorkerConfig,
  home: Home,
  signals: Required<WorkerSignals>,
  parts: WorkerParts,
  journal: Journal,
): Promise<void> {
  const { leave } = signals;
  const lineWith = (token: string) => new Line({ hub: config.hub, token, journal });
  const running = new Running(home.running);
  const token = await keptToken(config, home);
  if (token !== undefined) await settleLeft(config.name, lineWith(token), running, journal, leave);
  await clearFolder(home.work);

  const driver = needsDriver(config) ? (parts.driver ?? makeDriver(config, home, journal)) : undefined;
  const desk = await openDesk(config);
  await using _ = desk;
  const { offer, probe } = await offerOf(config, driver, desk, journal);
  const line = lineWith(await ownToken(config, home, offer, journal, leave));
  await line.call('offer', { body: offer }, { signal: leave });
  if (desk !== undefined) await line.call('offerKeys', { body: desk.offered }, { signal: leave });
  if (token === undefined) await settleLeft(config.name, line, running, journal, leave);
  if (offer.kinds.length === 0) {
    throw new Error('there is no kind of task that this machine can do; the problems are named above');
  }
  const { kinds, arches } = offer;
  journal.info(
    `${config.name} at ${line.hub}: ${offer.slots} slots for ${kinds.join(', ')} on ${arches.join(', ')}`,
  );

  const broken = new AbortController();
  const heart = new Heart(
    line,
    journal,
    (problem) => broken.abort(problem),
    (ask) => refresh.hear(ask),
    parts.idleSeconds,
  );
  const driverCheck = driver === undefined ? undefined : new DriverCheck(driver, arches, probe);
  // The hub's clock is known before anything is taken.
  await line.once('status', {}, { signal: leave, timeoutMs: greetMs }).catch(() => undefined);
  const checks = checksOf(config, home, line, driverCheck, journal);
  const shop: Shop = {
    home,
    line,
    journal,
    heart,
    running,
    downloads: new Downloads(home.blobs, line, journal),
    uploads: new Uploads(line),
    driver,
    desk,
    fitness: new Fitness(checks, journal, (unfit) => heart.tell(unfit)),
    driverCheck,
    refusals: new Refusals(driverCheck),
  };
  const over = new AbortController();
  const slots = new Slots(shop, offer, (error) => broken.abort(error));
  const started = { config, offer };
  const refresh = new Refresh(shop, slots, started, parts.settings ?? (() => config), over.signal);
  void sweepRegularly(shop, over.signal);
  void shop.fitness.watch(over.signal);
  try {
    await workShift(shop, config.name, slots, signals, broken);
  } finally {
    over.abort();
  }
}

async function offerOf(
  config: WorkerConfig,
  driver: Driver | undefined,
  desk: Desk | undefined,
  journal: Journal,
): Promise<{ offer: WorkerOffer; probe: Probe | undefined }> {
  const { offer, probe } = await makeOffer(config, driver, desk?.fingerprints);
  for (const warning of probe?.warnings ?? []) journal.warn(warning);
  if (probe?.usable === false) {
    for (const problem of probe.problems) journal.error(problem);
    journal.error(`the ${probe.driver} driver cannot build here: no builds are offered`);
  }
  return { offer, probe };
}

/** The keys of a worker that signs; it signs and does nothing else, since whoever gets into it gets at them. */
async function openDesk(config: WorkerConfig): Promise<Desk | undefined> {
  if (!config.kinds.includes('sign')) return undefined;
  if (config.kinds.length > 1)
    throw new Error('a worker that signs takes no other kind of task: kinds = ["sign"]');
  if (config.signer === undefined) throw new Error('a worker that signs needs the section [signer]');
  const desk = await Desk.open(config.signer);
  if (desk.keyring.keys.length > 0) return desk;
  await desk[Symbol.asyncDispose]();
  throw new Error('this signer has no keys: moromi signer make-key NAME');
}

/** Gives back what an earlier process of this home held when it ended: what it noted, and what the ledger knows of. */
async function settleLeft(
  name: string,
  line: Line,
  running: Running,
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const left = await running.left();
  if (left.length > 0) journal.info(`giving back what this worker had: ${left.map(attemptName).join(', ')}`);
  await giveBackLeft(line, left, signal);
  await giveBackRest(line, name, left, 'the worker ended and was started again', journal, signal);
  for (const held of left) await running.remove(held);
}

async function clearFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

async function sweepRegularly(shop: Shop, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweepDrivers(shop.home);
      await forgetGone(shop.home.kept);
      await sweepBlobs(shop.home.blobs);
    } catch (error) {
      shop.journal.warn(`sweeping: ${text(error)}`);
    }
    await delay(sweepMs, undefined, { signal }).catch(() => undefined);
  }
}
