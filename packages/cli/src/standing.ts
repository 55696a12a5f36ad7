/**
 * What people decide about workers: the one body of the verbs that enable, disable, drain and quarantine.
 *
 * Invariant: each worker is told of as soon as its standing is written, so that an error in the middle of several leaves
 * nobody in doubt about those before it.
 */
import type { WorkerInfo, WorkerStanding } from '@moromi/contract';
import { printable } from './escape.ts';
import type { Session } from './session.ts';
import type { Option } from './verb.ts';

export const reasonOption: Option = { flags: '--reason <text>', summary: 'why, for all who ask' };

export type Decided = Exclude<WorkerStanding, 'aside'>;

const lines: Record<Decided, (worker: WorkerInfo) => string> = {
  enabled: ({ name, idle }) => `Enabled ${name}${idle === null ? '' : `; but it ${idle}`}`,
  disabled: (worker) => `Disabled ${worker.name}; ${goesOn(worker)}`,
  draining: (worker) => `Draining ${worker.name}; ${goesOn(worker)}`,
  quarantined: ({ name }) => `Quarantined ${name}; what it had was taken from it`,
};

/** @returns the workers as they are then */
export async function decide(
  session: Session,
  names: string[],
  standing: Decided,
  reason?: string,
): Promise<WorkerInfo[]> {
  const { client, signal, screen } = session;
  const workers: WorkerInfo[] = [];
  for (const name of names) {
    const body = { standing, reason };
    const worker = await client.call('setStanding', { params: { name }, body }, { signal });
    workers.push(worker);
    if (!screen.json) screen.line(printable(lines[standing](worker)));
  }
  return workers;
}

function goesOn({ tasks }: WorkerInfo): string {
  if (tasks.length === 0) return 'it has nothing to do';
  return `it finishes ${tasks.length === 1 ? 'task' : 'tasks'} ${tasks.join(', ')}`;
}
