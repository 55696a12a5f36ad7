/** `moromi list-workers`: the fleet. */
import type { WorkerInfo } from '@moromi/contract';
import { moment } from '../figures.ts';
import { allPages } from '../pages.ts';
import type { Screen } from '../screen.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { clockOf, decisionOf, heldTasks, loadOf, stateOf } from '../worker-words.ts';

export const listWorkers: Verb = {
  name: 'list-workers',
  koji: 'list-hosts',
  takes: '',
  summary: 'List the workers, what they do, and what keeps them from doing more',
  options: [],
  notes: ['Load is the weight of its tasks of what it carries at once; a speed of 2 is twice the usual.'],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const workers = await allPages((cursor) =>
      client.call('listWorkers', { query: { limit: 500, cursor } }, { signal }),
    );
    if (screen.json) {
      screen.document(workers);
      return exits.ok;
    }
    const held = await heldTasks(session);
    screen.table(
      [
        { head: 'Name', cell: (one) => one.name },
        { head: 'State', cell: stateOf },
        { head: 'Kinds', cell: (one) => one.offer.kinds.join(',') },
        { head: 'Arches', cell: (one) => one.offer.arches.join(',') },
        { head: 'Channels', cell: (one) => one.channels.join(',') },
        { head: 'Busy', cell: (one) => `${one.tasks.length}/${one.offer.slots}`, right: true },
        { head: 'Load', cell: (one) => loadOf(one, held.get(one.name) ?? []), right: true },
        { head: 'Speed', cell: (one) => one.speed.toFixed(2), right: true },
        { head: 'Driver', cell: (one) => one.offer.driver },
        { head: 'Version', cell: (one) => one.offer.version },
        { head: 'Last seen', cell: (one) => moment(one.lastSeenAt, screen) },
        { head: 'Tasks', cell: (one) => one.tasks.join(', ') },
        { head: 'Note', cell: (one) => remark(one, screen) },
      ],
      workers,
    );
    return exits.ok;
  },
};

/** What is said of its standing says more than what the hub makes of it. */
function remark(worker: WorkerInfo, screen: Screen): string {
  const decision = decisionOf(worker, screen);
  const idle = worker.idle === null ? '' : `it ${worker.idle}`;
  return [decision === '' ? idle : decision, clockOf(worker)].filter((part) => part !== '').join('; ');
}
