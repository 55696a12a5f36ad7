/** `moromi restore-repo`: goes back to an older revision. */
import { followAsked } from '../asked.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const restoreRepo: Verb = {
  name: 'restore-repo',
  takes: '<name> <revision>',
  summary: 'Give the content of an older revision of a repository again, under a new number',
  options: [
    { flags: '--build-repo', summary: "a tag's build repository, not one that is shipped" },
    { flags: '--nowait', summary: 'return when it is asked for' },
  ],
  notes: [
    'A repository that is shipped does not follow its tag from then on; `moromi dist-repo TAG --follow` has it do so again.',
    "A tag's build repository shows what the tag holds with the tag's next change: untag what is not to come back.",
  ],
  async run(session, [name = '', word = ''], options) {
    const { client, signal } = session;
    const params = { name, number: wholeNumber(word, 'the revision') };
    const route = options.flag('build-repo') ? 'rollBackRepo' : 'rollBackDist';
    const made = await client.call(route, { params }, { signal });
    return await followAsked(session, options, { kind: 'revision', value: made, task: made.task });
  },
};
