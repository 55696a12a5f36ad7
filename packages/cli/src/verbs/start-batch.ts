/** `moromi start-batch`: begins a rebuild that was only planned. */
import { announceBatch } from '../batch.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const startBatch: Verb = {
  name: 'start-batch',
  takes: '<batch>',
  summary: 'Begin what was only planned, or compare again for a try what could not be compared',
  options: [{ flags: '--nowait', summary: 'do not watch it' }],
  async run(session, [word = ''], options) {
    const params = { id: wholeNumber(word, 'the batch') };
    const batch = await session.client.call('startBatch', { params, body: {} }, { signal: session.signal });
    return await announceBatch(session, batch, !options.flag('nowait'));
  },
};
