/** `moromi assign-task`: one worker only may have a task, or any may again. */
import { exits, usage } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const assignTask: Verb = {
  name: 'assign-task',
  takes: '<task> [worker]',
  summary: 'Let one worker only have a waiting task, whatever its channels; with --any, let any have it',
  options: [{ flags: '--any', summary: 'any worker may have it again' }],
  async run(session, [word = '', worker], options) {
    const { client, signal, screen } = session;
    const id = wholeNumber(word, 'the task');
    if ((worker === undefined) !== options.flag('any'))
      throw usage('assign-task wants either a worker or --any', 'See `moromi list-workers`.');
    const body = { worker: worker ?? null };
    const task = await client.call('assignTask', { params: { id }, body }, { signal });
    if (screen.json) screen.document(task);
    else
      screen.line(
        worker === undefined ? `Any worker may have task ${id}` : `Assigned task ${id} to ${worker}`,
      );
    return exits.ok;
  },
};
