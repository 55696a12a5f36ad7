/**
 * How tasks change, and the lines that tell it: `34 srpm (hello-2.10-1.src.rpm): free -> leased (builder1)`.
 *
 * Invariant: each change of a task's state is told once, in whatever way it is learnt: from an event, or from reading
 * the state again after a cut. Seeing the same state twice tells nothing, and a task that is over never comes back.
 */
import type { EventEnvelope, Task, TaskState } from '@moromi/contract';
import { printable } from './escape.ts';

export interface Change {
  task: Task;
  /** Undefined when the task is seen for the first time. */
  before: TaskState | undefined;
  /** How far below the watched task it stands. */
  depth: number;
}

const over = new Set<TaskState>(['done', 'failed', 'canceled', 'excluded']);

export function isOver(state: TaskState): boolean {
  return over.has(state);
}

/** States that an event's type names; a lost or freed task is free again. */
const stateOfType: Record<string, TaskState> = {
  created: 'free',
  free: 'free',
  freed: 'free',
  lost: 'free',
  leased: 'leased',
  done: 'done',
  failed: 'failed',
  canceled: 'canceled',
  excluded: 'excluded',
};

export class Arrows {
  readonly #seen = new Map<number, { task: Task; depth: number }>();

  get tasks(): Task[] {
    return [...this.#seen.values()].map(({ task }) => task);
  }

  task(id: number): Task | undefined {
    return this.#seen.get(id)?.task;
  }

  /** Tasks as they are now. Those that name no parent stand below `top`, if they are not `top` itself. */
  read(tasks: Task[], top?: number): Change[] {
    return tasks
      .toSorted((a, b) => a.id - b.id)
      .flatMap((task) => this.#take(task, task.parent ?? (task.id === top ? undefined : top)) ?? []);
  }

  /**
   * A change as an event tells it. `stale` asks for the state to be read: the task is not known yet, or the event does
   * not say all (a task that failed says why only in its state).
   */
  hear(event: EventEnvelope): { changes: Change[]; stale: boolean } {
    const quiet = { changes: [], stale: false };
    const id = Number(/^task:(\d+)$/.exec(event.subject)?.[1]);
    if (!Number.isSafeInteger(id)) return { changes: [], stale: event.subject.startsWith('build:') };
    const state = stateOfType[/^task\.([a-z]+)$/.exec(event.type)?.[1] ?? ''];
    const known = this.#seen.get(id)?.task;
    if (known === undefined || state === undefined) return { changes: [], stale: true };
    // Old news: the state was read after this happened.
    if (isOver(known.state)) return quiet;
    const worker = event.data['worker'];
    if ((state === 'leased' && typeof worker !== 'string') || isOver(state))
      return { changes: [], stale: true };
    const task = { ...known, state, worker: state === 'leased' ? String(worker) : null };
    const change = this.#take(task, undefined);
    return { changes: change === undefined ? [] : [change], stale: false };
  }

  #take(task: Task, parent: number | undefined): Change | undefined {
    const before = this.#seen.get(task.id);
    if (before !== undefined && isOver(before.task.state)) return undefined;
    const above = parent === undefined ? undefined : this.#seen.get(parent);
    const depth = before?.depth ?? (above === undefined ? 0 : above.depth + 1);
    this.#seen.set(task.id, { task, depth });
    if (before?.task.state === task.state && before.task.worker === task.worker) return undefined;
    return { task, before: before?.task.state, depth };
  }

  /** `5 done  0 failed`, with the other states where there are any. */
  tally(): string {
    const count = (state: TaskState) => this.tasks.filter((task) => task.state === state).length;
    const parts = [`${count('done')} done`, `${count('failed')} failed`];
    for (const state of ['canceled', 'excluded', 'leased', 'free'] as const) {
      if (count(state) > 0) parts.push(`${count(state)} ${state}`);
    }
    return parts.join('  ');
  }
}

export function arrowLine({ task, before, depth }: Change): string {
  const title = `${'  '.repeat(depth)}${titleOf(task)}`;
  if (before !== undefined) return `${title}: ${before} -> ${stateOf(task)}`;
  // First seen after its lease: its whole way is shown, as if it had been followed from the start.
  return task.state === 'free' ? `${title}: free` : `${title}: free -> ${stateOf(task)}`;
}

/** `35 build (hello-2.10-1.src.rpm, x86_64)` */
export function titleOf(task: Pick<Task, 'id' | 'kind' | 'label' | 'arch'>): string {
  const arch = task.arch === null || task.label.includes(task.arch) ? '' : `, ${task.arch}`;
  return printable(`${task.id} ${task.kind} (${task.label}${arch})`);
}

function stateOf(task: Task): string {
  if (task.state === 'leased' && task.worker !== null) return printable(`leased (${task.worker})`);
  if ((task.state === 'failed' || task.state === 'excluded') && task.failure !== null) {
    return printable(`${task.state}: ${task.failure.message.split('\n')[0] ?? ''} (${task.failure.code})`);
  }
  return task.state;
}
