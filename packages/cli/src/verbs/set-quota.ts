/** `moromi set-quota`: how many tasks an owner or a tag may have running at once. */
import { exits, usage } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

const subjects = ['owner', 'tag'] as const;

export const setQuota: Verb = {
  name: 'set-quota',
  takes: '<owner|tag> <name> <tasks|none>',
  summary: 'Set how many tasks an owner or a tag may have running at once; none ends the quota',
  options: [],
  notes: ['What runs already goes on; what is above the quota waits.'],
  async run(session, [word = '', name = '', number = ''], _options) {
    const { client, signal, screen } = session;
    const subject = subjects.find((one) => one === word);
    if (subject === undefined) throw usage(`a quota is one of ${subjects.join(' or ')}, not of "${word}"`);
    const tasks = number === 'none' ? null : wholeNumber(number, 'the quota', 1, 100_000);
    const { items } = await client.call('setQuota', { body: { subject, name, tasks } }, { signal });
    if (screen.json) screen.document(items);
    else if (tasks === null) screen.line(`The ${subject} ${name} has no quota`);
    else {
      const running = items.find((one) => one.subject === subject && one.name === name)?.running ?? 0;
      screen.line(`The ${subject} ${name} may have ${tasks} tasks running at once; ${running} run now`);
    }
    return exits.ok;
  },
};
