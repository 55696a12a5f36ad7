/**
 * One attempt from its lease to its result.
 *
 * Invariant: an attempt that is lost says nothing more; however it ends, its root and its folder are removed, or the root
 * is kept as ordered and that is noted.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Driver } from '@moromi/buildroot';
import type { Completion, Failure, Lease } from '@moromi/contract';
import { point } from '@moromi/faults';
import type { DriverCheck } from './checks/driver.ts';
import type { Downloads } from './downloads.ts';
import { failureOf, isLeaseLost, LeavingNow, Refused, text } from './failure.ts';
import type { Fitness } from './fitness.ts';
import type { Heart } from './heart.ts';
import type { Home } from './home.ts';
import { type Journal, nameOf } from './journal.ts';
import { keepUntil, noteKept } from './kept.ts';
import type { Line } from './line.ts';
import { LogFolder } from './log-folder.ts';
import { conclude, type Declined, decline, type Ended } from './outcome.ts';
import { Unable } from './refusal.ts';
import type { Refusals } from './refusals.ts';
import { attemptName, type Held, type Running } from './running.ts';
import type { Desk } from './signer/desk.ts';
import { sign } from './signer/task.ts';
import { makeBinaries } from './tasks/build.ts';
import { closure } from './tasks/closure.ts';
import { plan } from './tasks/plan.ts';
import { makeSource } from './tasks/srpm.ts';
import type { TaskRun, Work } from './tasks/work.ts';
import type { Uploads } from './uploads.ts';

/** Revisions are composed by the hub itself, and external repositories are read by it. */
type InHouse = 'publish' | 'external';
const runs: Record<Exclude<Lease['kind'], InHouse>, TaskRun> = {
  srpm: makeSource,
  build: makeBinaries,
  plan,
  closure,
  sign,
};

/** What all attempts of a worker share. */
export interface Shop {
  home: Home;
  line: Line;
  journal: Journal;
  heart: Heart;
  running: Running;
  downloads: Downloads;
  uploads: Uploads;
  driver: Driver | undefined;
  /** Of a worker that signs. */
  desk: Desk | undefined;
  fitness: Fitness;
  driverCheck: DriverCheck | undefined;
  refusals: Refusals;
}

export async function runAttempt(shop: Shop, lease: Lease, abort: AbortController): Promise<Ended> {
  const held: Held = { task: lease.task, attempt: lease.attempt };
  const dir = join(shop.home.work, attemptName(held));
  const { home, downloads, uploads, driver, driverCheck, desk } = shop;
  const logs = new LogFolder(join(dir, 'logs'), shop.line, held, abort);
  const work: Work = {
    lease,
    held,
    dir,
    home,
    logs,
    signal: abort.signal,
    downloads,
    uploads,
    driver,
    driverCheck,
    desk,
  };
  const started = performance.now();
  const say = (words: string) => shop.journal.info(`${nameOf(lease)}: ${words}`);
  // The first beat goes out while the disk is written.
  shop.heart.add(lease, abort);
  let ended: Ended;
  let rootGone: Promise<void> | undefined;
  try {
    const completion = await perform(shop, work);
    // Nothing more is taken from the root; it goes while the rest is told.
    rootGone = dropRoot(shop, work);
    const { line, journal } = shop;
    ended =
      'refusal' in completion
        ? await decline(line, work, completion)
        : await conclude(line, journal, work, completion);
  } catch (error) {
    if (abort.signal.reason instanceof LeavingNow) ended = { how: 'left' };
    else if (isLeaseLost(abort.signal.aborted ? abort.signal.reason : error)) {
      say(`stopped, no longer ours: ${text(abort.signal.aborted ? abort.signal.reason : error)}`);
      ended = { how: 'lost' };
    } else {
      shop.journal.error(`${nameOf(lease)}: ${text(error)}; giving it back`);
      ended = { how: 'lost' };
      await shop.line
        .once('release', { body: { tasks: [held], reason: text(error).slice(0, 500) } })
        .catch(() => {});
    }
    // Whatever still runs for this attempt ends before its folders are taken away.
    if (!abort.signal.aborted) abort.abort(error);
  } finally {
    logs.stop();
    shop.heart.remove(held);
    await rootGone;
    await dropRoot(shop, work);
    await rm(work.dir, { recursive: true, force: true }).catch((error: unknown) =>
      leftover(shop, work, error),
    );
  }
  if (ended.how === 'left') return ended;
  await shop.running.remove(held).catch((error: unknown) => shop.journal.warn(text(error)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const why = ended.failure === undefined ? '' : ` (${ended.failure.code}: ${ended.failure.message})`;
  if (ended.how !== 'lost') say(`${ended.how} after ${seconds} s${why}`);
  return ended;
}

/** Does the work; a failure becomes a completion, unless the attempt is not ours any more. */
async function perform(shop: Shop, work: Work): Promise<Completion | Declined> {
  const { lease, signal, logs } = work;
  try {
    await shop.running.add(work.held, lease.label);
    await rm(work.dir, { recursive: true, force: true });
    await mkdir(logs.dir, { recursive: true });
    logs.start();
    logs.note(`${nameOf(lease)}, attempt ${lease.attempt}`);
    const run = lease.kind === 'publish' || lease.kind === 'external' ? undefined : runs[lease.kind];
    if (run === undefined) throw new Refused('bad_order', `This worker does no tasks of kind ${lease.kind}.`);
    point(`worker.${lease.kind}:before`);
    const done = await run(work);
    point(`worker.${lease.kind}:after`);
    return done;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isLeaseLost(error)) throw error;
    const failure = failureOf(error);
    // What was found out before anything was begun says nothing new about this machine.
    if (!(error instanceof Unable)) shop.fitness.failed(failure);
    const refusal = await shop.refusals.of(error, lease.task, lease.source?.root.arch ?? null, logs.dir);
    if (signal.aborted) throw signal.reason;
    if (refusal !== undefined) {
      logs.note(`given back: this worker ${refusal.reason}`);
      return { refusal, failure };
    }
    if (failure.code === 'worker_error')
      shop.journal.error(error instanceof Error ? (error.stack ?? text(error)) : text(error));
    logs.note(`failed: ${failure.code}: ${failure.message}`);
    const kept = await keepRoot(shop, work, failure);
    return { outcome: 'failed', failure, ...(kept === undefined ? {} : { keptUntil: kept }) };
  }
}

async function keepRoot(shop: Shop, work: Work, failure: Failure): Promise<string | undefined> {
  const { root, lease, held } = work;
  const seconds = lease.source?.root.keepFailed ?? 0;
  if (root === undefined || seconds === 0 || failure.fault !== 'package') return undefined;
  try {
    const kept = await root.keep(keepUntil(seconds));
    await noteKept(shop.home.kept, held, lease.label, kept);
    delete work.root;
    shop.journal.info(
      `${nameOf(lease)}: its root is kept until ${kept.until.toISOString()}; moromi shell ${held.task}`,
    );
    work.logs.note(`the root is kept until ${kept.until.toISOString()}: moromi shell ${held.task}`);
    return kept.until.toISOString();
  } catch (error) {
    shop.journal.warn(`${nameOf(lease)}: its root cannot be kept: ${text(error)}`);
    return undefined;
  }
}

async function dropRoot(shop: Shop, work: Work): Promise<void> {
  const { root } = work;
  delete work.root;
  await root?.destroy().catch((error: unknown) => leftover(shop, work, error));
}

/** The next start sweeps it. */
function leftover(shop: Shop, work: Work, error: unknown): void {
  shop.journal.warn(`${nameOf(work.lease)}: cleaning up: ${text(error)}`);
}
