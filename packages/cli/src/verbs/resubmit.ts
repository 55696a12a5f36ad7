/** `moromi resubmit`: the same source with the same options once more. */
import { announce } from '../announce.ts';
import type { Verb } from '../verb.ts';

export const resubmit: Verb = {
  name: 'resubmit',
  takes: '<build>',
  summary: 'Build the same source with the same options again, by number or NVR',
  options: [{ flags: '--nowait', summary: 'do not watch it' }],
  async run(session, [word = ''], options) {
    const { client, signal } = session;
    const { id } = await client.call('getBuild', { params: { build: word } }, { signal });
    const made = await client.call('resubmitBuild', { params: { id }, body: {} }, { signal });
    return await announce(session, made, { watched: !options.flag('nowait') });
  },
};
