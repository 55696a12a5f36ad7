/** `moromi watch-task`: goes on watching. */
import type { Verb } from '../verb.ts';
import { wholeNumber } from '../verb.ts';
import { watch } from '../watch.ts';

export const watchTask: Verb = {
  name: 'watch-task',
  takes: '<task...>',
  summary: 'Watch tasks until they end',
  options: [],
  notes: ['Exit code 1: one of them failed. Ctrl-C stops the watching only (130).'],
  async run(session, words) {
    const ids = words.map((word) => wholeNumber(word, 'the task'));
    return await watch(session, ids);
  },
};
