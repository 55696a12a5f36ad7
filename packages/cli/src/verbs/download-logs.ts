/** `moromi download-logs`: the logs of a build or of one task into files. */
import { saveLogs } from '../log-files.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const downloadLogs: Verb = {
  name: 'download-logs',
  takes: '<build>',
  summary: 'Fetch the logs of a build, by its number or NVR, or of a task',
  options: [
    { flags: '--task', summary: 'the number is that of a task' },
    { flags: '--dir <folder>', summary: 'where to (here)' },
  ],
  async run(session, [word = ''], options) {
    const { client, signal, screen } = session;
    const tasks = options.flag('task')
      ? [wholeNumber(word, 'the task')]
      : (await client.call('getBuild', { params: { build: word } }, { signal })).tasks;
    const logs = await saveLogs(session, tasks, options.text('dir') ?? '.');
    if (screen.json) screen.document({ logs });
    return exits.ok;
  },
};
