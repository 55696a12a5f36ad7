/** `moromi batch-info`: a batch with its items. */
import type { BatchDetail } from '@moromi/contract';
import { countWords, endWords } from '../batch.ts';
import { moment } from '../figures.ts';
import { planLines } from '../plan-view.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import { type Verb, wholeNumber } from '../verb.ts';
import { verdictLines } from '../verdict-view.ts';

export const batchInfo: Verb = {
  name: 'batch-info',
  takes: '<batch>',
  summary: 'Show a chain or batch: what is done, what failed, what is blocked by what, and when it ends',
  options: [],
  async run(session, [word = ''], _options) {
    const { client, signal, screen } = session;
    const batch = await client.call(
      'getBatch',
      { params: { id: wholeNumber(word, 'the batch') } },
      { signal },
    );
    if (screen.json) {
      screen.document(batch);
      return exits.ok;
    }
    const now = Date.parse((await client.call('status', {}, { signal })).time);
    screen.lines(
      fields([
        ['Batch', batch.id],
        ['Kind', batch.kind],
        ['State', batch.state],
        ['Owner', batch.owner],
        ['Targets', batch.targets.join(', ')],
        ['Builds', countWords(batch.counts)],
        ['Side tag', batch.sideTag],
        ['Failed', batch.failure?.message],
        ['Waits', batch.waiting?.reason],
        ['Created', moment(batch.createdAt, screen)],
        [batch.endedAt === null ? 'Expected to end' : 'Ended', endWords(batch, now, screen)],
        ['Address', batch.url],
      ]),
    );
    if (batch.plan !== null) screen.lines(['', ...planLines(batch.plan)]);
    if (batch.verdict !== null) screen.lines(['', ...verdictLines(batch.verdict)]);
    screen.line();
    screen.table(
      [
        { head: 'Item', cell: (one) => one.id, right: true },
        { head: 'What', cell: (one) => one.label },
        { head: 'Target', cell: (one) => one.target },
        { head: 'Stage', cell: (one) => one.stage },
        { head: 'State', cell: (one) => one.state },
        { head: 'Build', cell: (one) => one.build ?? '', right: true },
        { head: 'Blocked by', cell: (one) => blockers(batch, one.blockedBy) },
        { head: 'Why', cell: (one) => one.failure?.message ?? '' },
      ],
      batch.items,
    );
    return exits.ok;
  },
};

/** What is named most usefully is what failed. */
function blockers(batch: BatchDetail, ids: readonly number[]): string {
  const items = batch.items.filter((item) => ids.includes(item.id));
  const named = items
    .toSorted((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'))
    .slice(0, 3);
  const rest = items.length > 3 ? ` and ${items.length - 3} more` : '';
  return `${named.map((item) => `${item.label} (${item.state})`).join(', ')}${rest}`;
}
