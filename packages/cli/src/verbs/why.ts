/**
 * `moromi why`: what a task waits for, what must change, and when it is expected to begin.
 *
 * Invariant: it asks and changes nothing, and whatever the answer is, having one is well: the exit code is 0.
 */
import type { BuildDetail, TaskDetail, Waiting } from '@moromi/contract';
import { isOver } from '../arrows.ts';
import { printable } from '../escape.ts';
import { explanation, type Reading, waitingLines } from '../explanation.ts';
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import type { Session } from '../session.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';
import { failureLines } from '../verdict.ts';

export const why: Verb = {
  name: 'why',
  takes: '<id>',
  summary: 'Say why a task waits, or why a build does with --build, and when it is expected to begin',
  options: [{ flags: '--build', summary: 'the number (or NVR) is that of a build' }],
  notes: ['What cannot be had for now is soft; what is hard stays so until somebody changes something.'],
  async run(session, [word = ''], options) {
    const { client, signal, screen } = session;
    if (!options.flag('build')) {
      const params = { id: wholeNumber(word, 'the task') };
      const task = await client.call('getTask', { params }, { signal });
      if (screen.json) screen.document(task);
      else screen.lines(explanation(task, await reading(session)));
      return exits.ok;
    }
    const build = await client.call('getBuild', { params: { build: word } }, { signal });
    const tasks = build.state === 'building' ? await openTasks(session, build.id) : [];
    if (screen.json) screen.document({ build, tasks });
    else screen.lines(buildLines(build, tasks, await reading(session)));
    return exits.ok;
  },
};

async function reading({ client, signal, screen }: Session): Promise<Reading> {
  const { time } = await client.call('status', {}, { signal });
  return { now: Date.parse(time), utc: screen.utc, quiet: screen.quiet };
}

async function openTasks({ client, signal }: Session, build: number): Promise<TaskDetail[]> {
  const all = await allPages((cursor) =>
    client.call('listTasks', { query: { build, limit: 500, cursor } }, { signal }),
  );
  const open: TaskDetail[] = [];
  for (const { id } of all.filter((task) => !isOver(task.state)).toReversed())
    open.push(await client.call('getTask', { params: { id } }, { signal }));
  return open;
}

const words = { building: 'is building', complete: 'completed', failed: 'failed', canceled: 'was canceled' };

function buildLines(build: BuildDetail, tasks: TaskDetail[], shown: Reading): string[] {
  const title = printable(`build ${build.id} (${build.target}, ${build.nvr ?? build.source.name})`);
  const at = build.endedAt === null ? '' : ` at ${moment(build.endedAt, shown)}`;
  // The build's own word is that of the task which comes first; nothing of it running, it holds for the whole build.
  const told: Waiting | undefined = build.waiting ?? undefined;
  return [
    `${title} ${told === undefined ? words[build.state] : 'waits'}${at}`,
    ...(told === undefined ? [] : waitingLines(told, shown)),
    ...tasks.flatMap((task) => ['', ...explanation(task, shown, told)]),
    ...(build.failure === null ? [] : failureLines(build.failure, undefined)),
  ];
}
