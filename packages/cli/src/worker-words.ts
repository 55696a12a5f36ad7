/**
 * What is said of a worker, in one line and in many: standing, load, clock.
 *
 * Invariant: a load is the weight of what it holds against what it carries; the hub's rule compares the same two.
 */
import type { Task, WorkerInfo } from '@moromi/contract';
import { moment, span } from './figures.ts';
import { allPages } from './pages.ts';
import type { Session } from './session.ts';

/** A clock that is off by more is worth a word. Seconds. */
const clockTolerance = 60;

/** `online`, `online, draining`, `away, set aside` */
export function stateOf({ state, standing }: WorkerInfo): string {
  if (standing === 'enabled') return state;
  return `${state}, ${standing === 'aside' ? 'set aside' : standing}`;
}

/** Who decided about it, when and why; empty for one that is enabled. */
export function decisionOf(worker: WorkerInfo, { utc }: { utc: boolean }): string {
  const { standing, standingBy, standingAt, standingReason } = worker;
  if (standing === 'enabled') return '';
  const by = standingBy === null ? '' : `by ${standingBy}`;
  const at = standingAt === null ? '' : ` at ${moment(standingAt, { utc })}`;
  return `${by}${at}${standingReason === null ? '' : `: ${standingReason}`}`.trim();
}

/** Empty where it is right, or nearly. */
export function clockOf({ clockAhead }: WorkerInfo): string {
  if (clockAhead === null || Math.abs(clockAhead) <= clockTolerance) return '';
  return `its clock is ${span(Math.abs(clockAhead))} ${clockAhead > 0 ? 'ahead' : 'behind'}`;
}

/** What workers hold, by their names. */
export async function heldTasks(session: Session, worker?: string): Promise<Map<string, Task[]>> {
  const { client, signal } = session;
  const query = { state: 'leased' as const, worker, limit: 500 };
  const held = await allPages((cursor) =>
    client.call('listTasks', { query: { ...query, cursor } }, { signal }),
  );
  return Map.groupBy(held, (task) => task.worker ?? '');
}

/** `1.5/4` */
export function loadOf(worker: WorkerInfo, held: Task[]): string {
  const weight = held.reduce((sum, task) => sum + task.weight, 0);
  return `${short(weight)}/${short(worker.capacity)}`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
