/**
 * `moromi cancel`: a number is a task, as in Koji; `--build` says that it is a build. Canceling a task of a build cancels
 * the build: half of one is of no use.
 */
import { printable } from '../escape.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const cancel: Verb = {
  name: 'cancel',
  takes: '<id...>',
  summary: 'Cancel tasks; with --build, builds',
  options: [{ flags: '--build', summary: 'the numbers (or NVRs) are those of builds' }],
  notes: ['Canceling a task of a build cancels the whole build.'],
  async run(session, words, options) {
    const { client, signal, screen } = session;
    const documents: unknown[] = [];
    const ids = options.flag('build') ? [] : words.map((word) => wholeNumber(word, 'the task'));
    for (const id of ids) {
      const task = await client.call('cancelTask', { params: { id }, body: {} }, { signal });
      documents.push(task);
      if (!screen.json)
        screen.line(`Canceled ${task.build === null ? `task ${id}` : `build ${task.build}, of task ${id}`}`);
    }
    for (const word of options.flag('build') ? words : []) {
      const { id } = await client.call('getBuild', { params: { build: word } }, { signal });
      const build = await client.call('cancelBuild', { params: { id }, body: {} }, { signal });
      documents.push(build);
      if (!screen.json) screen.line(`Canceled build ${id} (${printable(build.nvr ?? build.source.name)})`);
    }
    if (screen.json) screen.document(documents);
    return exits.ok;
  },
};
