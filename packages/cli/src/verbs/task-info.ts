/** `moromi task-info`: one task with its attempts. */
import type { Task } from '@moromi/contract';
import { between, bytes, moment } from '../figures.ts';
import { priorityWords } from '../priority.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';
import { failureLines } from '../verdict.ts';

export const taskInfo: Verb = {
  name: 'task-info',
  koji: 'taskinfo',
  takes: '<task>',
  summary: 'Show a task, its attempts and its logs',
  options: [],
  async run(session, [word = ''], _options) {
    const { client, signal, screen } = session;
    const params = { id: wholeNumber(word, 'the task') };
    const task = await client.call('getTask', { params }, { signal });
    const { items: logs } = await client.call('listLogs', { params }, { signal });
    if (screen.json) {
      screen.document({ ...task, logs });
      return exits.ok;
    }
    screen.lines(
      fields([
        ['Task', task.id],
        ['Kind', task.kind],
        ['What', task.label],
        ['State', task.state],
        ['Waits', task.waiting?.reason],
        ['Arch', task.arch],
        ['Owner', task.owner],
        ['Priority', priorityWords(task.priority)],
        ['Channel', task.channel],
        ['Needs', needsWords(task.needs)],
        ['Assigned to', task.assigned],
        ['Build', task.build],
        ['Parent', task.parent],
        ['Blocked by', task.blockedBy.join(', ')],
        ['Children', task.children.join(', ')],
        ['Created', moment(task.createdAt, screen)],
        ['Started', moment(task.startedAt, screen)],
        ['Ended', moment(task.endedAt, screen)],
        ['Took', between(task.startedAt, task.endedAt)],
        ['Address', task.url],
      ]),
    );
    if (task.attempts.length > 0) {
      screen.line();
      screen.table(
        [
          { head: 'Attempt', cell: (one) => one.attempt, right: true },
          { head: 'Worker', cell: (one) => one.worker },
          { head: 'Outcome', cell: (one) => one.outcome },
          { head: 'Leased', cell: (one) => moment(one.leasedAt, screen) },
          { head: 'Took', cell: (one) => between(one.leasedAt, one.endedAt), right: true },
          { head: 'Why', cell: (one) => one.failure?.message ?? '' },
        ],
        task.attempts,
      );
    }
    if (logs.length > 0) {
      screen.line();
      screen.table(
        [
          { head: 'Log', cell: (one) => one.name },
          { head: 'Attempt', cell: (one) => one.attempt, right: true },
          { head: 'Size', cell: (one) => bytes(one.size), right: true },
          { head: 'State', cell: (one) => (one.complete ? 'complete' : 'growing') },
          { head: 'Address', cell: (one) => one.url },
        ],
        logs,
      );
    }
    if (task.failure !== null) screen.lines(failureLines(task.failure, task));
    return exits.ok;
  },
};

/** What a machine must have for it; nothing where any will do. */
function needsWords({ memoryMb, diskMb, cores, cpuLevel }: Task['needs']): string {
  return [
    memoryMb > 0 ? `${bytes(memoryMb * 2 ** 20)} of memory` : '',
    diskMb > 0 ? `${bytes(diskMb * 2 ** 20)} of disk` : '',
    cores > 0 ? `${cores} ${cores === 1 ? 'core' : 'cores'}` : '',
    cpuLevel > 1 ? `x86-64-v${cpuLevel}` : '',
  ]
    .filter((one) => one !== '')
    .join(', ');
}
