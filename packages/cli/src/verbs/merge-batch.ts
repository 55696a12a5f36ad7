/** `moromi merge-batch`: what was built in a side tag goes to its destination, all at once or not at all. */
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const mergeBatch: Verb = {
  name: 'merge-batch',
  takes: '<batch>',
  summary: 'Tag all that a batch has built in its side tag into the destination, at once or not at all',
  options: [{ flags: '--force', summary: 'also where not all of it was built' }],
  async run({ client, signal, screen }, [word = ''], options) {
    const params = { id: wholeNumber(word, 'the batch') };
    const body = { force: options.flag('force') };
    const batch = await client.call('mergeBatch', { params, body }, { signal });
    if (screen.json) screen.document(batch);
    else screen.line(`Merged batch ${batch.id} from ${batch.sideTag ?? 'its side tag'}`);
    return exits.ok;
  },
};
