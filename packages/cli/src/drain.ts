/**
 * Watching workers until they hold nothing.
 *
 * Invariant: state is read at every (re)connection and whenever something happens to a worker or to what it holds, so no
 * end is missed, and nothing is asked for on a clock.
 */
import type { WorkerInfo } from '@moromi/contract';
import { follow } from './follow.ts';
import type { Session } from './session.ts';
import { Trouble } from './trouble.ts';

/** How long to wait for a hub that is away: a restart, an update. Seconds. */
const patienceSeconds = 600;

/** @returns the workers as they are when all are empty */
export async function untilEmpty(session: Session, draining: WorkerInfo[]): Promise<WorkerInfo[]> {
  const { client, signal, screen } = session;
  const workers = new Map(draining.map((worker) => [worker.name, worker]));
  const full = () => [...workers.values()].filter(({ tasks }) => tasks.length > 0);
  if (full().length === 0) return draining;
  const read = async (name: string) => {
    const worker = await client.call('getWorker', { params: { name } }, { signal, patienceSeconds });
    if (worker.standing === 'enabled') throw enabledAgain(worker);
    const before = workers.get(name)?.tasks ?? [];
    workers.set(name, worker);
    if (screen.json || String(before) === String(worker.tasks)) return;
    const left = worker.tasks.join(', ');
    screen.line(left === '' ? `${name} is empty` : `${name} still has ${left}`);
  };
  const stream = follow(client, {
    signal,
    patienceSeconds,
    onCut: (reason) => screen.note(`moromi: ${reason}; connecting again`),
  });
  try {
    for await (const followed of stream) {
      const about = followed.kind === 'event' ? followed.event.subject : undefined;
      const changed = full().filter(
        ({ name, tasks }) =>
          about === undefined || about === `worker:${name}` || tasks.some((id) => about === `task:${id}`),
      );
      for (const { name } of changed) await read(name);
      if (full().length === 0) break;
    }
  } catch (error) {
    if (signal.aborted) {
      const names = [...workers.keys()].join(' ');
      screen.note(`They go on draining. You can continue to watch with: moromi drain-worker --wait ${names}`);
    }
    throw error;
  }
  return [...workers.values()];
}

function enabledAgain({ name, standingBy }: WorkerInfo): Trouble {
  const by = standingBy === null ? '' : ` by ${standingBy}`;
  return new Trouble(
    'worker_enabled',
    `${name} was enabled again${by} before it was empty`,
    'Agree with whoever did that, then drain it again.',
  );
}
