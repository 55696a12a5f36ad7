/**
 * A worker from its start to its end.
 *
 * Invariant: its first word to the hub is the release of whatever an earlier process of this home held. At the first
 * signal it takes no more and finishes what it has; at the second it ends its builds, gives them back and is gone within
 * about two seconds. Whatever it could not tell the hub stands in `running/` for the next start.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Driver, sweepKept } from '@moromi/buildroot';
import { Problem, type WorkerOffer } from '@moromi/contract';
import { Createrepo, type MetadataMaker } from '@moromi/repodata';
import type { Shop } from './attempt.ts';
import type { WorkerConfig } from './config.ts';
import { Downloads } from './downloads.ts';
import { makeDriver } from './drivers.ts';
import { LeaseLost, LeavingNow, text } from './failure.ts';
import { Heart } from './heart.ts';
import { type Home, openHome } from './home.ts';
import { Journal } from './journal.ts';
import { forgetGone } from './kept.ts';
import { LeaseLoop } from './lease-loop.ts';
import { Line } from './line.ts';
import { makeOffer, needsDriver } from './offer.ts';
import { attemptName, type Held, Running } from './running.ts';
import { type WorkerSignals, watchSignals } from './signals.ts';
import { Tally } from './tally.ts';
import { keptToken, ownToken } from './token.ts';
import { Uploads } from './uploads.ts';

/** Stand-ins for tests. */
export interface WorkerParts {
  driver?: Driver;
  maker?: MetadataMaker;
  journal?: Journal;
}

const sweepMs = 600_000;
/** Time for giving back and cleaning up when it must be now, in milliseconds. */
const nowMs = 1800;

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
    const how =
      which === 'leave' ? 'finishing what is begun, taking no more; once more to leave now' : 'leaving now';
    journal.info(how);
  });
  try {
    const { home, lock } = await openHome(config.home);
    await using _ = lock;
    return await work(config, home, watched, parts, journal);
  } catch (error) {
    if (watched.leave.aborted && error === watched.leave.reason) return 0;
    if (error instanceof Problem) journal.error(`${error.message} ${error.todo}`);
    else journal.error(text(error));
    if (config.logLevel === 'debug' && error instanceof Error) journal.debug(error.stack ?? '');
    return 1;
  }
}

async function work(
  config: WorkerConfig,
  home: Home,
  { leave, now }: Required<WorkerSignals>,
  parts: WorkerParts,
  journal: Journal,
): Promise<number> {
  const running = new Running(home.running);
  const left = await running.left();
  const token = await keptToken(config, home);
  if (token !== undefined)
    await giveBackLeft(new Line({ hub: config.hub, token, journal }), running, left, journal, leave);
  await clearFolder(home.work);

  const driver = needsDriver(config) ? (parts.driver ?? makeDriver(config, home, journal)) : undefined;
  const offer = await offerOf(config, driver, journal);
  const line = new Line({
    hub: config.hub,
    token: await ownToken(config, home, offer, journal, leave),
    journal,
  });
  await line.call('offer', { body: offer }, { signal: leave });
  if (token === undefined) await giveBackLeft(line, running, left, journal, leave);
  if (offer.kinds.length === 0)
    throw new Error('there is no kind of task that this machine can do; see the problems above');
  journal.info(
    `${config.name} at ${line.hub}: ${offer.slots} slots for ${offer.kinds.join(', ')} on ${offer.arches.join(', ')}`,
  );

  const tally = new Tally(offer.slots);
  let loops: LeaseLoop[] = [];
  const gone = new AbortController();
  const heart = new Heart(line, journal, (problem) => gone.abort(problem));
  const downloads = new Downloads(home.blobs, line, journal);
  const maker = parts.maker ?? new Createrepo();
  const shop: Shop = {
    home,
    line,
    journal,
    heart,
    running,
    downloads,
    uploads: new Uploads(line),
    driver,
    maker,
  };
  loops = Array.from({ length: offer.slots }, (_, slot) => new LeaseLoop(shop, slot, offer, tally));

  const over = new AbortController();
  const beating = heart.beat(over.signal);
  const sweeping = sweepRegularly(shop, over.signal);
  leave.addEventListener('abort', () => heart.leave(), { once: true });
  if (leave.aborted) heart.leave();
  const takeNoMore = AbortSignal.any([leave, now, gone.signal]);
  try {
    const ran = Promise.all(loops.map((loop) => loop.run(takeNoMore))).then(() => 'ended' as const);
    const ended = await Promise.race([ran, aborted(now, 'now'), aborted(gone.signal, 'gone')]);
    if (ended === 'now') await leaveNow(shop, loops, ran);
    if (ended === 'gone') {
      for (const loop of loops) loop.stop(new LeaseLost('the hub does not know this worker'));
      await ran;
      throw gone.signal.reason;
    }
    if (gone.signal.aborted) throw gone.signal.reason;
  } finally {
    over.abort();
    await Promise.all([beating, sweeping]);
  }
  journal.info(`left; ${tally}`);
  return 0;
}

async function offerOf(
  config: WorkerConfig,
  driver: Driver | undefined,
  journal: Journal,
): Promise<WorkerOffer> {
  const { offer, probe } = await makeOffer(config, driver);
  for (const warning of probe?.warnings ?? []) journal.warn(warning);
  if (probe?.usable === false) {
    for (const problem of probe.problems) journal.error(problem);
    journal.error(`the ${probe.driver} driver cannot build here: no builds are offered`);
  }
  return offer;
}

/** Gives back what an earlier process of this home held when it ended, so that nobody waits for a lease to lapse. */
async function giveBackLeft(
  line: Line,
  running: Running,
  left: Held[],
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < left.length; at += 256) {
    const tasks = left.slice(at, at + 256);
    journal.info(`giving back what was running when this worker ended: ${tasks.map(attemptName).join(', ')}`);
    await line.call(
      'release',
      { body: { tasks, reason: 'the worker ended and was started again' } },
      { signal },
    );
    for (const held of tasks) await running.remove(held);
  }
}

async function clearFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

async function leaveNow(shop: Shop, loops: LeaseLoop[], ran: Promise<unknown>): Promise<void> {
  const held = shop.heart.held;
  for (const loop of loops) loop.stop(new LeavingNow());
  // The fence makes it safe to give them back while their processes are being killed.
  const given = giveBack(shop, held);
  await Promise.race([Promise.allSettled([ran, given]), delay(nowMs, undefined, { ref: false })]);
}

async function giveBack(shop: Shop, tasks: Held[]): Promise<void> {
  if (tasks.length === 0) return;
  try {
    const signal = AbortSignal.timeout(nowMs);
    await shop.line.once('release', { body: { tasks, reason: 'the worker leaves now' } }, { signal });
    for (const held of tasks) await shop.running.remove(held);
    shop.journal.info(`given back: ${tasks.map(attemptName).join(', ')}`);
  } catch (error) {
    shop.journal.warn(`not given back (${text(error)}); the next start of this worker does it`);
  }
}

async function sweepRegularly(shop: Shop, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweepKept(shop.home.driver);
      await forgetGone(shop.home.kept);
      await shop.downloads.sweep();
    } catch (error) {
      shop.journal.warn(`sweeping: ${text(error)}`);
    }
    await delay(sweepMs, undefined, { signal }).catch(() => undefined);
  }
}

function aborted<T>(signal: AbortSignal, value: T): Promise<T> {
  return new Promise((done) => {
    if (signal.aborted) done(value);
    else signal.addEventListener('abort', () => done(value), { once: true });
  });
}
