/**
 * How tasks change, and the lines that tell it: `34 srpm (hello-2.10-1.src.rpm): free -> leased (builder1)`.
 *
 * Invariant: each change of a task's state is told once, in whatever way it is learnt: from an event, or from reading
 * the state again after a cut. Seeing the same state twice tells nothing, and a task that is over never comes back.
 */
import type { EventEnvelope, Failure, Task, TaskState } from '@moromi/contract';
import { printable } from './escape.ts';

export interface Change {
  task: Task;
  /** Undefined when the task is seen for the first time. */
  before: TaskState | undefined;
  /** How far below the watched task it stands. */
  depth: number;
  /** Why a task was given back. */
  why?: string;
}

const over = new Set<TaskState>(['done', 'failed', 'canceled', 'excluded']);

const states: TaskState[] = ['free', 'leased', ...over];

export function isOver(state: TaskState): boolean {
  return over.has(state);
}

/** What a task's event says of its change; `to` is the state it led to. */
function toldBy({ type, data }: EventEnvelope): { to: TaskState | undefined; attempt: number | undefined } {
  const attempt = typeof data['attempt'] === 'number' ? data['attempt'] : undefined;
  if (type === 'task.reclaimed') return { to: 'leased', attempt };
  const to = data['to'];
  return { to: states.find((state) => state === to), attempt };
}

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
   * A change as an event tells it. `stale` asks for the state to be read: something happened that this event does not
   * say all of, such as what follows from a task's end.
   */
  hear(event: EventEnvelope): { changes: Change[]; stale: boolean } {
    const quiet = { changes: [], stale: false };
    const id = Number(/^task:(\d+)$/.exec(event.subject)?.[1]);
    if (!Number.isSafeInteger(id)) return { changes: [], stale: event.subject.startsWith('build:') };
    const known = this.#seen.get(id)?.task;
    if (known === undefined) return { changes: [], stale: true };
    const { to, attempt = known.attempt } = toldBy(event);
    // Old news: the state was read after this happened. A lease always raises the attempt, but for one taken back.
    const again = to === 'leased' && known.state === 'free' && event.type !== 'task.reclaimed';
    if (isOver(known.state) || attempt < known.attempt || (again && attempt === known.attempt)) return quiet;
    if (to === undefined || event.type === 'task.created') return { changes: [], stale: to === undefined };
    const worker = event.data['worker'];
    const failure = event.data['failure'];
    const task: Task = {
      ...known,
      state: to,
      attempt,
      worker: to === 'leased' && typeof worker === 'string' ? worker : null,
      waiting: null,
      startedAt: to === 'leased' ? event.time : known.startedAt,
      failure: isOver(to) && isFailure(failure) ? failure : null,
    };
    const change = this.#take(task, undefined, reasonOf(event));
    return { changes: change === undefined ? [] : [change], stale: isOver(to) };
  }

  #take(task: Task, parent: number | undefined, why?: string): Change | undefined {
    const before = this.#seen.get(task.id);
    if (before !== undefined && isOver(before.task.state)) return undefined;
    const above = parent === undefined ? undefined : this.#seen.get(parent);
    const depth = before?.depth ?? (above === undefined ? 0 : above.depth + 1);
    this.#seen.set(task.id, { task, depth });
    if (before?.task.state === task.state && before.task.worker === task.worker) return undefined;
    return { task, before: before?.task.state, depth, ...(why === undefined ? {} : { why }) };
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

export function arrowLine({ task, before, depth, why }: Change): string {
  const title = `${'  '.repeat(depth)}${titleOf(task)}`;
  const reason = why === undefined ? '' : printable(` (${why})`);
  if (before !== undefined) return `${title}: ${before} -> ${stateOf(task)}${reason}`;
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

function isFailure(value: unknown): value is Failure {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' && typeof message === 'string';
}

/** Why a lease ended without a result, for the line that tells so. */
function reasonOf({ type, data }: EventEnvelope): string | undefined {
  if (type === 'task.lost') return 'its worker was lost';
  if (type === 'task.freed' && typeof data['reason'] === 'string') return data['reason'].split('\n')[0];
  if (type === 'task.retried' && isFailure(data['failure'])) return data['failure'].message.split('\n')[0];
  return undefined;
}
