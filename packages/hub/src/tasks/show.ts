/** Tasks in the contract's form. */
import type { Task } from '@moromi/contract';
import { ledgerTime, type Reader } from '../ledger/index.ts';
import { onlineWorkers } from '../workers/index.ts';
import { loads } from './lease-queries.ts';
import { blockersOf, type TaskFacts } from './queries.ts';
import { whyWaiting } from './waiting.ts';

/** @param url the address of this hub for others */
export async function showTasks(reader: Reader, found: readonly TaskFacts[], url: string): Promise<Task[]> {
  const waiting = await explain(
    reader,
    found.filter((task) => task.state === 'free'),
  );
  return found.map((task) => ({
    id: task.id,
    kind: task.kind,
    label: task.label,
    arch: task.arch,
    state: task.state,
    attempt: task.attempt,
    worker: task.worker,
    owner: task.owner,
    priority: task.priority,
    build: task.build,
    parent: task.parent,
    waiting: waiting.get(task.id) ?? null,
    createdAt: task.createdAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    endedAt: task.endedAt?.toISOString() ?? null,
    failure: task.failure,
    url: `${url}/api/v1/tasks/${task.id}`,
  }));
}

async function explain(reader: Reader, free: readonly TaskFacts[]): Promise<Map<number, string>> {
  if (free.length === 0) return new Map();
  const workers = await onlineWorkers(reader);
  const load = await loads(
    reader,
    workers.map((one) => one.name),
  );
  const now = await ledgerTime(reader);
  const said = new Map<number, string>();
  for (const task of free) {
    const blockedBy = task.blockers > 0 ? await blockersOf(reader, task.id) : [];
    said.set(task.id, whyWaiting(task, { blockedBy, workers, load, now }));
  }
  return said;
}
