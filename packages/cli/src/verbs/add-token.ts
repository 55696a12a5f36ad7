/** `moromi add-token`: a token for somebody or for enrolment; it is shown once. */
import { priority } from '../priority.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

const permissions = ['build', 'admin', 'enrol', 'hurry', 'sign'] as const;
type Permission = (typeof permissions)[number];

export const addToken: Verb = {
  name: 'add-token',
  takes: '<principal>',
  summary: 'Make a token; it is shown once',
  options: [
    { flags: '--permission <permission>', summary: 'build, hurry, sign, admin or enrol (build)', many: true },
    {
      flags: '--priority <priority>',
      summary: 'of what this person submits: now, normal, background, 0 to 100',
    },
    { flags: '--days <number>', summary: 'how long it is good' },
  ],
  async run(session, [principal = ''], options) {
    const { client, signal, screen } = session;
    const wanted = commaList(options.list('permission'));
    const wrong = wanted.find((word) => !permissions.includes(word as Permission));
    if (wrong !== undefined) throw usage(`--permission knows ${permissions.join(', ')}, not "${wrong}"`);
    const said = options.text('priority');
    const body = {
      principal,
      permissions: wanted.length > 0 ? (wanted as Permission[]) : ['build' as const],
      ...(said === undefined ? {} : { priority: priority(said, '--priority') }),
      days: options.integer('days', 1, 3650),
    };
    const made = await client.call('createToken', { body }, { signal });
    if (screen.json) screen.document(made);
    else {
      screen.note(`Token of ${made.principal}; it is not shown again:`);
      screen.line(made.token);
    }
    return exits.ok;
  },
};
