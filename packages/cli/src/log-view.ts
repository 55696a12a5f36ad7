/**
 * The logs of tasks on the screen and in files.
 *
 * Invariant: one log comes as the bytes that it consists of; of several, whole lines come, each with its task and log.
 * Following ends when the tasks are over and all that they wrote has been shown.
 */
import type { Reply, Routes, Task } from '@moromi/contract';
import { isOver } from './arrows.ts';
import { Bell } from './bell.ts';
import { printable } from './escape.ts';
import { follow } from './follow.ts';
import { readLog } from './logs.ts';
import type { Session } from './session.ts';
import { Trouble } from './trouble.ts';

export interface LogsWanted {
  tasks: number[];
  /** Empty for all. */
  names: string[];
  follow: boolean;
}

/** No event tells of a new log of a running task: it is looked for so often. Milliseconds. */
const lookEvery = 1000;

export async function followLogs(session: Session, wanted: LogsWanted): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([session.signal, ended.signal]);
  const raw = wanted.tasks.length === 1 && wanted.names.length === 1;
  const views = wanted.tasks.map((task) => new TaskView(session, task, wanted, raw, signal));
  const hearing = wanted.follow ? listen(session, views, signal).catch(() => {}) : undefined;
  try {
    await Promise.all(views.map((view) => view.run()));
  } finally {
    ended.abort();
    await hearing;
  }
}

/** Rings each task's bell when something happens to it, and all bells after a cut. */
async function listen(session: Session, views: TaskView[], signal: AbortSignal): Promise<void> {
  for await (const one of follow(session.client, { signal })) {
    for (const view of views) {
      if (one.kind === 'connected' || one.event.subject === `task:${view.task}`) view.bell.ring();
    }
  }
}

class TaskView {
  readonly task: number;
  readonly bell = new Bell();
  readonly #session: Session;
  readonly #wanted: LogsWanted;
  readonly #raw: boolean;
  readonly #signal: AbortSignal;
  readonly #begun = new Set<string>();
  readonly #pumps = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(session: Session, task: number, wanted: LogsWanted, raw: boolean, signal: AbortSignal) {
    this.#session = session;
    this.task = task;
    this.#wanted = wanted;
    this.#raw = raw;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const params = { id: this.task };
    const options = { signal: this.#signal, patienceSeconds: 600 };
    let first: number | undefined;
    for (;;) {
      // The task before its logs: what a finished task wrote is then all there to see.
      const task = await this.#session.client.call('getTask', { params }, options);
      const { items } = await this.#session.client.call('listLogs', { params }, options);
      first ??= Math.max(1, task.attempt);
      const from = first;
      const logs = inOrder(items).filter(
        ({ name, attempt }) =>
          attempt >= from && (this.#wanted.names.length === 0 || this.#wanted.names.includes(name)),
      );
      for (const log of logs) await this.#begin(log);
      this.#rethrow();
      if (isOver(task.state) || !this.#wanted.follow) {
        await Promise.all(this.#pumps);
        this.#rethrow();
        if (this.#begun.size === 0) this.#nothing(task, items);
        return;
      }
      await this.bell.next(this.#signal, task.state === 'leased' ? lookEvery : undefined);
    }
  }

  /** A finished log is shown whole before the next; those that grow are shown side by side. */
  async #begin(log: Log): Promise<void> {
    const key = `${log.attempt}/${log.name}`;
    if (this.#begun.has(key)) return;
    this.#begun.add(key);
    const pump = this.#pump(log)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#pumps.delete(pump);
        this.bell.ring();
      });
    this.#pumps.add(pump);
    if (log.complete || !this.#wanted.follow) await pump;
  }

  async #pump(log: Log): Promise<void> {
    const { screen, client } = this.#session;
    const address = { task: this.task, attempt: log.attempt, name: log.name };
    const pieces = readLog(client, address, { follow: this.#wanted.follow, signal: this.#signal });
    if (this.#raw && !screen.terminal && !screen.json) {
      for await (const piece of pieces) screen.raw(piece);
      return;
    }
    const attempt = log.attempt > 1 ? `#${log.attempt}` : '';
    const prefix = this.#raw ? '' : `${this.task}${attempt} ${printable(log.name)} | `;
    for await (const line of linesOf(pieces)) {
      if (screen.json) screen.jsonLine({ ...address, line });
      // A terminal is never handed what a build may have put into its log to move its cursor.
      else screen.line(`${prefix}${printable(line)}`);
    }
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #nothing(task: Task, logs: Log[]): void {
    const names = [...new Set(logs.map(({ name }) => name))].join(', ');
    const message =
      logs.length === 0
        ? `task ${task.id} has no logs: it is ${task.state}`
        : `task ${task.id} has no log ${this.#wanted.names.join(', ')}; it has ${names}`;
    throw new Trouble('unknown_log', message, `See \`moromi task-info ${task.id}\`.`);
  }
}

type Log = Reply<Routes['listLogs']>['items'][number];

/** As a build writes them; the others by name. */
const usualOrder = ['worker.log', 'root.log', 'state.log', 'build.log'];

function inOrder(logs: Log[]): Log[] {
  const place = ({ name }: Log) => (usualOrder.includes(name) ? usualOrder.indexOf(name) : usualOrder.length);
  return logs.toSorted((a, b) => a.attempt - b.attempt || place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

/** Whole lines; a very long one is cut into pieces, so that an endless line does not take all memory. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > 65_536) {
      yield rest;
      rest = '';
    }
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
