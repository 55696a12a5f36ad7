/** `moromi free-task`: takes running tasks from their workers; they begin anew, and no attempt is used up. */
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const freeTask: Verb = {
  name: 'free-task',
  takes: '<task...>',
  summary: 'Take running tasks from their workers, or end the time for which they are held back',
  options: [],
  async run(session, words, _options) {
    const { client, signal, screen } = session;
    const tasks: unknown[] = [];
    for (const id of words.map((word) => wholeNumber(word, 'the task'))) {
      tasks.push(await client.call('freeTask', { params: { id }, body: {} }, { signal }));
      if (!screen.json) screen.line(`Freed task ${id}`);
    }
    if (screen.json) screen.document(tasks);
    return exits.ok;
  },
};
