/** `moromi set-priority`: a task sooner or later than others; for a task of a build, the whole build. */
import { priority, priorityWords } from '../priority.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const setPriority: Verb = {
  name: 'set-priority',
  koji: 'set-task-priority',
  takes: '<task> <priority>',
  summary: 'Change the priority of a task: now, normal, background, or 0 to 100, lower is sooner',
  options: [],
  notes: ['For a task of a build it changes all tasks of the build.'],
  async run(session, [word = '', wanted = ''], _options) {
    const { client, signal, screen } = session;
    const id = wholeNumber(word, 'the task');
    const body = { priority: priority(wanted, 'the priority') };
    const task = await client.call('setPriority', { params: { id }, body }, { signal });
    if (screen.json) screen.document(task);
    else {
      const what = task.build === null ? `Task ${id}` : `Build ${task.build}, of task ${id},`;
      screen.line(`${what} has priority ${priorityWords(task.priority)}`);
    }
    return exits.ok;
  },
};
