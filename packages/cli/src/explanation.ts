/**
 * Why a task does what it does, in lines: what it waits for and until when, where it runs, or how it ended.
 *
 * Invariant: never blank. When it will begin is shown in the zone of the screen and from the hub's own now, or it is said
 * that nobody can say it.
 */
import type { Task, TaskDetail, Waiting } from '@moromi/contract';
import { titleOf } from './arrows.ts';
import { printable } from './escape.ts';
import { between, inAbout, moment, span } from './figures.ts';
import { priorityWords } from './priority.ts';
import { type Column, fields, table } from './table.ts';
import { failureLines } from './verdict.ts';

export interface Reading {
  /** The hub's time in milliseconds: ours may differ from it. */
  now: number;
  utc: boolean;
  quiet: boolean;
}

/** @param told what was said already of all that it belongs to; it is not said again */
export function explanation(task: TaskDetail, reading: Reading, told?: Waiting): string[] {
  if (task.state === 'leased') return [runningLine(task, reading)];
  if (task.state !== 'free') return endLines(task, reading);
  const again = task.waiting?.reason === told?.reason;
  return [
    `${titleOf(task)} waits`,
    ...(task.waiting === null || again ? [] : waitingLines(task.waiting, reading)),
    ...fields([['Its place', placeOf(task, reading)]]),
    ...answerLines(task, reading),
  ];
}

export function waitingLines({ reason, change, estimate }: Waiting, reading: Reading): string[] {
  return fields([
    ['Why', reason],
    ['To change', change],
    [
      'Begins',
      estimate === null
        ? 'nobody can say when'
        : `${moment(estimate, reading)}, ${inAbout(secondsUntil(estimate, reading))}`,
    ],
  ]);
}

function placeOf(task: Task, reading: Reading): string {
  const only = task.assigned === null ? '' : `, for ${task.assigned} only`;
  const since = moment(task.createdAt, reading);
  return `in the channel ${task.channel}${only}, with priority ${priorityWords(task.priority)}, since ${since}`;
}

type Answer = TaskDetail['answers'][number];

/** Those that could have it first, and those that never can last. */
function answerLines({ answers }: TaskDetail, { quiet }: Reading): string[] {
  if (answers.length === 0) return [];
  const rank = ({ code, hard }: Answer) => (code === null ? 0 : hard ? 2 : 1);
  const words = ['could have it', 'not now (soft)', 'cannot (hard)'];
  const rows = answers.toSorted((a, b) => rank(a) - rank(b));
  const columns: Column<Answer>[] = [
    { head: 'Worker', cell: (one) => one.worker },
    { head: 'Answer', cell: (one) => words[rank(one)] ?? '' },
    { head: 'Because it', cell: (one) => one.reason },
  ];
  return ['', ...table(columns, rows, { quiet })];
}

function runningLine(task: TaskDetail, reading: Reading): string {
  const began = task.attempts.at(-1)?.leasedAt ?? task.startedAt ?? task.createdAt;
  const { seconds, runs } = task.expected;
  const ends = new Date(Date.parse(began) + seconds * 1000).toISOString();
  const left = secondsUntil(ends, reading);
  const stands = runs === 0 ? 'a guess' : `on ${runs} earlier ${runs === 1 ? 'run' : 'runs'}`;
  const end = left < 0 ? 'it takes longer than that' : `it ends ${inAbout(left)}`;
  return printable(
    `${titleOf(task)} runs on ${task.worker ?? 'nobody'} since ${moment(began, reading)}; ` +
      `it is expected to take ${span(seconds)} (${stands}): ${end}`,
  );
}

const ended = { done: 'was done', failed: 'failed', canceled: 'was canceled', excluded: 'was excluded' };

function endLines(task: TaskDetail, reading: Reading): string[] {
  const word = ended[task.state as keyof typeof ended];
  const at = task.endedAt === null ? '' : ` at ${moment(task.endedAt, reading)}`;
  const took = between(task.startedAt, task.endedAt);
  return [
    `${titleOf(task)} ${word}${at}${took === '' ? '' : ` after ${took}`}`,
    ...(task.failure === null ? [] : failureLines(task.failure, task)),
  ];
}

function secondsUntil(iso: string, { now }: Reading): number {
  return (Date.parse(iso) - now) / 1000;
}
