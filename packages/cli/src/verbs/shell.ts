/** `moromi shell`: into the kept root of a failed build, on the builder that has it. */
import { Trouble } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const shell: Verb = {
  name: 'shell',
  takes: '<task>',
  summary: "Enter the kept root of a failed build; on its builder, as the worker's user",
  options: [{ flags: '--home <folder>', summary: "the worker's home, where it is not the configured one" }],
  notes: ['A root is kept where the build was submitted with --keep-failed.'],
  async run(session, [word = ''], options) {
    const task = wholeNumber(word, 'the task');
    try {
      return await session.host.shell(task, { config: session.globals.config, home: options.text('home') });
    } catch (error) {
      if (!(error instanceof Error) || 'code' in error) throw error;
      throw new Trouble(
        'no_kept_root',
        error.message,
        'Run it on the builder, before the time of the root is over.',
      );
    }
  },
};
