/**
 * The slots of a worker at work, from the first claim until it leaves.
 *
 * Invariant: at the first signal nothing more is claimed and what is begun is finished; at the second it is ended and
 * given back, within about two seconds. A defect in one slot ends the worker like the second signal. Whatever could not
 * be told to the hub stands in `running/` for the next start.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { aborted } from './aborted.ts';
import type { Shop } from './attempt.ts';
import { isStranger, LeaseLost, LeavingNow, text } from './failure.ts';
import { giveBack, giveBackRest } from './holdings.ts';
import { Lookout } from './lookout.ts';
import { attemptName, type Held } from './running.ts';
import type { WorkerSignals } from './signals.ts';
import type { Slots } from './slots.ts';

/** Time for giving back and cleaning up when it must be now, in milliseconds. */
const nowMs = 1800;
/** Time for asking whether a withdrawn claim got a lease all the same. */
const lookMs = 900;

/**
 * Returns when the worker has left as it was told; throws what made it unable to go on.
 * @param broken aborted, with the reason, by whoever finds that the worker cannot go on
 */
export async function workShift(
  shop: Shop,
  name: string,
  slots: Slots,
  { leave, now }: Required<WorkerSignals>,
  broken: AbortController,
): Promise<void> {
  const ran = slots.run(AbortSignal.any([leave, now, broken.signal]));
  const over = new AbortController();
  const beating = shop.heart.beat(over.signal);
  const watching = new Lookout(shop.line, shop.heart, shop.journal).keep(over.signal);
  leave.addEventListener('abort', () => shop.heart.leave(), { once: true });
  if (leave.aborted) shop.heart.leave();
  try {
    await Promise.race([ran, aborted(now), aborted(broken.signal)]);
    if (broken.signal.aborted) {
      const reason: unknown = broken.signal.reason;
      if (isStranger(reason)) await stopAll(slots, new LeaseLost('the hub does not know this worker'), ran);
      else await leaveNow(shop, name, slots, ran);
      throw reason;
    }
    if (now.aborted) {
      await leaveNow(shop, name, slots, ran);
    } else {
      const soon = AbortSignal.timeout(lookMs);
      await giveBackUnheard(shop, name, soon).catch(() => undefined);
    }
  } finally {
    over.abort();
    await Promise.all([beating, watching]);
  }
  shop.journal.info(`left; ${slots.tally}`);
}

async function stopAll(slots: Slots, reason: Error, ran: Promise<unknown>): Promise<void> {
  slots.stop(reason);
  await Promise.race([ran, delay(nowMs, undefined, { ref: false })]);
}

async function leaveNow(shop: Shop, name: string, slots: Slots, ran: Promise<unknown>): Promise<void> {
  const held = shop.heart.held;
  // The fence makes it safe to give them back while their processes are being killed.
  await Promise.all([stopAll(slots, new LeavingNow(), ran), giveBackNow(shop, name, held)]);
}

/** A claim that was withdrawn for leaving may have got a lease all the same. */
async function giveBackUnheard(shop: Shop, name: string, signal: AbortSignal): Promise<void> {
  await giveBackRest(shop.line, name, shop.heart.held, 'the worker leaves', shop.journal, signal);
}

async function giveBackNow(shop: Shop, name: string, tasks: Held[]): Promise<void> {
  try {
    const soon = AbortSignal.timeout(nowMs);
    await giveBack(shop.line, tasks, 'the worker leaves now', soon);
    for (const held of tasks) await shop.running.remove(held);
    if (tasks.length > 0) shop.journal.info(`given back: ${tasks.map(attemptName).join(', ')}`);
    await giveBackUnheard(shop, name, soon);
  } catch (error) {
    shop.journal.warn(`not given back (${text(error)}); the next start of this worker does it`);
  }
}
