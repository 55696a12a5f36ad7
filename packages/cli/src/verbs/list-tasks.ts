/** `moromi list-tasks`: what runs, waits and has ended. */
import type { Task, TaskKind, TaskState } from '@moromi/contract';
import { between, moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import type { Screen } from '../screen.ts';
import type { Column } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

const states = ['free', 'leased', 'done', 'failed', 'canceled', 'excluded'] as const satisfies TaskState[];
const kinds = [
  'srpm',
  'build',
  'publish',
  'plan',
  'closure',
  'sign',
  'external',
] as const satisfies TaskKind[];

export const listTasks: Verb = {
  name: 'list-tasks',
  takes: '',
  summary: 'List tasks, newest first',
  options: [
    { flags: '--state <state>', summary: 'only those in this state', choices: states },
    { flags: '--kind <kind>', summary: 'only this kind', choices: kinds },
    { flags: '--mine', summary: 'only your own' },
    { flags: '--owner <name>', summary: "only this person's" },
    { flags: '--build <id>', summary: 'only those of this build' },
    { flags: '--arch <arch>', summary: 'only this architecture' },
    { flags: '--worker <name>', summary: 'only those on this worker' },
    { flags: '--limit <number>', summary: 'how many at most (50)' },
  ],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const limit = options.integer('limit', 1) ?? 50;
    const mine = options.flag('mine') ? (await client.call('status', {}, { signal })).principal : undefined;
    const query = {
      state: options.text('state') as TaskState | undefined,
      kind: options.text('kind') as TaskKind | undefined,
      owner: mine ?? options.text('owner'),
      build: options.integer('build', 1),
      arch: options.text('arch'),
      worker: options.text('worker'),
      limit: Math.min(limit, 500),
    };
    const tasks = await allPages(
      (cursor) => client.call('listTasks', { query: { ...query, cursor } }, { signal }),
      limit,
    );
    if (screen.json) screen.document(tasks);
    else screen.table(taskColumns(screen), tasks);
    return exits.ok;
  },
};

export function taskColumns(screen: Screen): Column<Task>[] {
  return [
    { head: 'ID', cell: (task) => task.id, right: true },
    { head: 'Kind', cell: (task) => task.kind },
    { head: 'State', cell: (task) => task.state },
    { head: 'Arch', cell: (task) => task.arch },
    { head: 'Owner', cell: (task) => task.owner },
    { head: 'Worker', cell: (task) => task.worker },
    { head: 'Started', cell: (task) => moment(task.startedAt ?? task.createdAt, screen) },
    { head: 'Took', cell: (task) => between(task.startedAt, task.endedAt), right: true },
    {
      head: 'What',
      cell: (task) => (task.waiting === null ? task.label : `${task.label}: ${task.waiting.reason}`),
    },
  ];
}
