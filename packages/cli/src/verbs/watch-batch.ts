/** `moromi watch-batch`: a batch to its end. */
import { watchBatch as watch } from '../batch.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const watchBatch: Verb = {
  name: 'watch-batch',
  takes: '<batch>',
  summary: 'Watch a chain or batch to its end; exit code 1 where it did not succeed',
  options: [],
  run: (session, [word = ''], _options) => watch(session, wholeNumber(word, 'the batch')),
};
