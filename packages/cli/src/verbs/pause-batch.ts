/** `moromi pause-batch` and `unpause-batch`: nothing new of a batch begins, until it is let. */
import type { Session } from '../session.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';

export const pauseBatch: Verb = {
  name: 'pause-batch',
  takes: '<batch>',
  summary: 'Begin nothing new of a chain or batch; what runs goes on',
  options: [],
  run: (session, [word = ''], _options) => setPaused(session, word, true),
};

export const unpauseBatch: Verb = {
  name: 'unpause-batch',
  takes: '<batch>',
  summary: 'Go on with a chain or batch that was paused',
  options: [],
  run: (session, [word = ''], _options) => setPaused(session, word, false),
};

async function setPaused(
  { client, signal, screen }: Session,
  word: string,
  paused: boolean,
): Promise<number> {
  const params = { id: wholeNumber(word, 'the batch') };
  const batch = await client.call('pauseBatch', { params, body: { paused } }, { signal });
  if (screen.json) screen.document(batch);
  else screen.line(`Batch ${batch.id} is ${batch.state}`);
  return exits.ok;
}
