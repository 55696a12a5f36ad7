/** `moromi cancel-batch`: a batch and all its builds. */
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const cancelBatch: Verb = {
  name: 'cancel-batch',
  takes: '<batch>',
  summary: 'Cancel a chain or batch and all its builds that run',
  options: [],
  async run({ client, signal, screen }, [word = ''], _options) {
    const params = { id: wholeNumber(word, 'the batch') };
    const batch = await client.call('cancelBatch', { params, body: {} }, { signal });
    if (screen.json) screen.document(batch);
    else screen.line(`Canceled batch ${batch.id}`);
    return exits.ok;
  },
};
