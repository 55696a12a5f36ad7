/**
 * What each kind of task means to the rooms on the right of this one: a registry, wired in `hub/main.ts`.
 *
 * Invariant: this room never knows what a build or a repository is. `inspect` may read files and changes nothing;
 * `order`, `ended` and `cancel` change the ledger and read no files.
 */
import type { Completion, Failure, Lease, TaskKind, TaskState } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';
import type { TaskFacts } from './queries.ts';

/** How a task ended for good. */
export interface End {
  state: Exclude<TaskState, 'free' | 'leased'>;
  worker: string | null;
  attempt: number;
  failure: Failure | null;
  /** What `inspect` found good, for a task that is done. */
  inspected: unknown;
  actor: string;
}

export type Order = Pick<Lease, 'source' | 'plan' | 'closure' | 'sign'>;

/** What orders that are made in one transaction have in common is read once. */
export class Shared {
  readonly #read = new Map<string, Promise<unknown>>();

  once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#read.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const fresh = read();
    this.#read.set(key, fresh);
    return fresh;
  }
}

export interface Kind {
  /** What the worker must know; asked at the lease and again whenever the claim is repeated. */
  order(tx: Tx, task: TaskFacts, shared: Shared): Promise<Order>;
  /** Checks what a worker brought. @throws Refusal where it must not be used */
  inspect(task: TaskFacts, completion: Extract<Completion, { outcome: 'done' }>): Promise<unknown>;
  /**
   * Locks what `ended` will decide about. It is called before the task itself is locked, by all who end tasks, so that
   * two tasks of one build that end at once take turns and never wait for each other.
   */
  lock?(tx: Tx, task: TaskFacts): Promise<void>;
  /** Called in the transaction that ends the task. */
  ended(tx: Tx, task: TaskFacts, end: End): Promise<void>;
  /** Somebody wants it canceled; where missing the task alone is canceled. */
  cancel?(tx: Tx, task: TaskFacts, actor: string): Promise<void>;
}

/** A result that is not accepted: the attempt has failed, and this says why. */
export class Refusal extends Error {
  readonly failure: Failure;

  constructor(code: string, message: string, fault: Failure['fault'] = 'package') {
    super(message);
    this.name = 'Refusal';
    this.failure = { code, message, fault };
  }
}

/** There is no order for a task yet, and that is no failure: what it needs is still to come. */
export class NotYet extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotYet';
  }
}

/** What `inspect` found good must be looked at again: the ledger has changed in what it was held to. */
export class LookAgain extends Error {
  constructor() {
    super('the ledger has changed since the result was looked at');
    this.name = 'LookAgain';
  }
}

export class Kinds {
  readonly #kinds = new Map<TaskKind, Kind>();

  register(name: TaskKind, kind: Kind): void {
    this.#kinds.set(name, kind);
  }

  get(name: TaskKind): Kind {
    const kind = this.#kinds.get(name);
    if (kind === undefined) throw new Error(`nothing is registered for tasks of kind ${name}`);
    return kind;
  }
}
