/** Tasks in the contract's form. */
import type { Task } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { type Explained, explain } from './explain.ts';
import type { TaskFacts } from './queries.ts';

/** @param url the address of this hub for others */
export async function showTasks(reader: Reader, found: readonly TaskFacts[], url: string): Promise<Task[]> {
  const said = await explain(reader, found);
  return found.map((task) => showTask(task, said.get(task.id), url));
}

export function showTask(task: TaskFacts, said: Explained | undefined, url: string): Task {
  return {
    id: task.id,
    kind: task.kind,
    label: task.label,
    arch: task.arch,
    state: task.state,
    attempt: task.attempt,
    worker: task.worker,
    owner: task.owner,
    priority: task.priority,
    channel: task.channel,
    weight: task.weight,
    expected: { seconds: task.seconds, runs: task.runs },
    needs: { memoryMb: task.memoryMb, diskMb: task.diskMb, cores: task.cores, cpuLevel: task.cpuLevel },
    assigned: task.assigned,
    build: task.build,
    parent: task.parent,
    waiting: said?.waiting ?? null,
    createdAt: task.createdAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    endedAt: task.endedAt?.toISOString() ?? null,
    failure: task.failure,
    url: `${url}/api/v1/tasks/${task.id}`,
  };
}
