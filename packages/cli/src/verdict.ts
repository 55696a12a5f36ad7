/**
 * How a watched task ended, in words: what failed, what to do, and where to read on.
 *
 * Invariant: whatever failed is named with its sentence, a remedy and the command that shows its log.
 */
import type { Build, Failure, Task, TaskDetail } from '@moromi/contract';
import { isOver, titleOf } from './arrows.ts';
import { printable } from './escape.ts';
import { remedy } from './remedies.ts';

/** One watched task with all that comes of it. */
export interface Watched {
  top: TaskDetail;
  build: Build | undefined;
  over: boolean;
}

export interface Verdict {
  well: boolean;
  lines: string[];
  document: Record<string, unknown>;
}

export function verdict({ top, build }: Watched, tasks: Task[]): Verdict {
  const mine = tasks.filter(
    (task) => task.id === top.id || task.build === top.build || task.parent === top.id,
  );
  const whole = top.parent === null && build !== undefined;
  const state = whole && build.state !== 'building' ? build.state : top.state;
  const broken = mine.filter((task) => task.state === 'failed');
  const well = (state === 'complete' || state === 'done' || state === 'excluded') && broken.length === 0;
  const title = whole
    ? printable(`${top.id} build (${build.target}, ${build.nvr ?? build.source.name})`)
    : titleOf(top);
  const word = well ? 'completed successfully' : state === 'canceled' ? 'was canceled' : 'failed';
  const lines = [`${title} ${word}`];
  for (const task of broken) {
    if (task.failure !== null) lines.push(...failureLines(task.failure, task));
  }
  // What the build says repeats what its tasks say; alone it is told where none of them failed.
  if (!well && whole && build.failure !== null && broken.length === 0) {
    lines.push(...failureLines(build.failure, undefined));
  }
  const document = {
    kind: 'result',
    task: top.id,
    build: build ?? null,
    state,
    well,
    failures: broken.map((task) => ({
      task: task.id,
      failure: task.failure,
      todo: task.failure === null ? null : remedy(task.failure),
    })),
    tasks: mine.filter((task) => isOver(task.state)).map(({ id, state: ended }) => ({ id, state: ended })),
  };
  return { well, lines, document };
}

export function failureLines(failure: Failure, task: Task | undefined): string[] {
  const lines = [
    '',
    `${task === undefined ? '' : `${titleOf(task)}: `}${printable(failure.message)} (${failure.code})`,
  ];
  const todo = remedy(failure);
  // Some failures say it themselves.
  if (!failure.message.toLowerCase().includes(todo.toLowerCase().replace(/\.$/, '')))
    lines.push(`what to do: ${todo}`);
  if (failure.excerpt !== undefined && failure.excerpt.trim() !== '') {
    const excerpt = printable(failure.excerpt, { lines: true }).replace(/\n+$/, '');
    lines.push('', ...excerpt.split('\n').map((line) => `    ${line}`), '');
  }
  if (task !== undefined) lines.push(`the whole log: moromi watch-logs ${task.id}`);
  return lines;
}
