/** `moromi swap-tag`: two tags exchange what they hold. */
import { tellChanged } from '../changed.ts';
import type { Verb } from '../verb.ts';

export const swapTag: Verb = {
  name: 'swap-tag',
  takes: '<tag> <other-tag>',
  summary: 'Let two tags exchange their builds and package lists at once',
  options: [{ flags: '--force', summary: 'although one is locked' }],
  async run(session, [name = '', other = ''], options) {
    const { client, signal } = session;
    const body = { with: other, force: options.flag('force') };
    const done = await client.call('swapTags', { params: { name }, body }, { signal });
    return tellChanged(session, done, `Swapped ${name} and ${other}`);
  },
};
