/** `moromi rename-tag`: another name for a tag and for the addresses of its repositories. */
import { tellChanged } from '../changed.ts';
import type { Verb } from '../verb.ts';

export const renameTag: Verb = {
  name: 'rename-tag',
  takes: '<tag> <name>',
  summary: 'Give a tag another name',
  options: [{ flags: '--force', summary: 'although it is locked' }],
  notes: [
    'The addresses of its repositories change with it: .repo files that name the old one find nothing.',
  ],
  async run(session, [name = '', to = ''], options) {
    const { client, signal } = session;
    const body = { to, force: options.flag('force') };
    const done = await client.call('renameTag', { params: { name }, body }, { signal });
    return tellChanged(session, done, `Renamed tag ${name} to ${to}`);
  },
};
