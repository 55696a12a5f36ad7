/** `moromi watch-logs`: the logs of tasks as they are written. */
import { followLogs } from '../log-view.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const watchLogs: Verb = {
  name: 'watch-logs',
  takes: '<task...>',
  summary: 'Show the logs of tasks, and go on while they are written',
  options: [
    { flags: '--log <name>', summary: 'this log only: its bytes as they are', many: true },
    { flags: '--follow', summary: 'go on until the task ends (usual)' },
    { flags: '--no-follow', summary: 'what is there now, no more' },
  ],
  notes: ['One log is written as it is; of several, each line names its task and log.'],
  async run(session, words, options) {
    const tasks = words.map((word) => wholeNumber(word, 'the task'));
    await followLogs(session, { tasks, names: options.list('log'), follow: !options.off('follow') });
    return exits.ok;
  },
};
