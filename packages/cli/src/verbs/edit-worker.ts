/** `moromi edit-worker`: what a worker carries, and which work it takes. */
import { fields } from '../table.ts';
import { exits, usage } from '../trouble.ts';
import type { Options, Verb } from '../verb.ts';
import { commaList, glob, quantity } from '../words.ts';

export const editWorker: Verb = {
  name: 'edit-worker',
  koji: 'edit-host',
  takes: '<worker>',
  summary: 'Change what a worker carries at once, its channels, or the packages that it does not take',
  options: [
    {
      flags: '--capacity <weight>',
      summary: 'weight that it carries at once; `slots`: as much as its slots',
    },
    { flags: '--channel <channel>', summary: 'all channels that it is in', many: true },
    { flags: '--exclude <glob>', summary: 'all packages that it does not take', many: true },
    { flags: '--no-exclude', summary: 'it takes every package' },
  ],
  notes: ['What is not named stays; what is named is replaced as a whole.'],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const body = changes(options);
    const worker = await client.call('editWorker', { params: { name }, body }, { signal });
    if (screen.json) screen.document(worker);
    else {
      screen.lines(
        fields([
          ['Worker', worker.name],
          ['Capacity', worker.capacity],
          ['Channels', worker.channels.join(', ')],
          ['Excludes', worker.excludes.join(' ')],
        ]),
      );
    }
    return exits.ok;
  },
};

function changes(options: Options): { capacity?: number | null; channels?: string[]; excludes?: string[] } {
  const capacity = options.text('capacity');
  const channels = commaList(options.list('channel'));
  const excludes = commaList(options.list('exclude')).map((one) => glob(one, '--exclude'));
  const changed = {
    ...(capacity === undefined
      ? {}
      : { capacity: capacity === 'slots' ? null : quantity(capacity, '--capacity', 10_000) }),
    ...(channels.length > 0 ? { channels } : {}),
    ...(options.off('exclude') || excludes.length > 0 ? { excludes } : {}),
  };
  if (Object.keys(changed).length === 0)
    throw usage('nothing is said that could be changed', 'See `moromi edit-worker --help`.');
  return changed;
}
