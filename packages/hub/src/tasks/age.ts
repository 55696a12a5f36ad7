/**
 * What time alone changes: uses are gathered and fade, means are renewed, and what has waited for long is raised.
 *
 * Invariant: a task that is ready for a day is raised by a band, again for each further day, up to the band of what is
 * urgent, so no stream of normal work keeps background work from ever starting. It is an event like any other change.
 */
import { halfLifeSeconds } from '@moromi/schedule';
import { hint, type Ledger, tell } from '../ledger/index.ts';
import { gatherUses, renewUsual } from './learning-queries.ts';
import { liftOld } from './snapshot-queries.ts';

const daySeconds = 86_400;
/** Between the bands that have names. */
const bandStep = 10;
export const urgentPriority = 10;

export async function gatherFleet(ledger: Ledger): Promise<void> {
  await gatherUses(ledger.read, halfLifeSeconds);
  await renewUsual(ledger.read);
  await ledger.tx('tasks.lift', async (tx) => {
    for (const { id, build, priority } of await liftOld(tx, daySeconds, bandStep, urgentPriority)) {
      tell(tx, {
        type: 'task.lifted',
        subject: `task:${id}`,
        actor: 'hub',
        build,
        data: { to: priority, reason: 'it has been ready for a day' },
      });
      hint(tx, 'tasks');
    }
  });
}
