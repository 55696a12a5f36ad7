/** `moromi worker-info`: one worker with its machine, what was decided about it, and what it holds. */
import type { WorkerInfo } from '@moromi/contract';
import { bytes, moment } from '../figures.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { clockOf, decisionOf, heldTasks, loadOf } from '../worker-words.ts';
import { taskColumns } from './list-tasks.ts';

export const workerInfo: Verb = {
  name: 'worker-info',
  koji: 'hostinfo',
  takes: '<worker>',
  summary: 'Show a worker: what it offers, what keeps it idle, and what it does',
  options: [],
  async run(session, [name = ''], _options) {
    const { client, signal, screen } = session;
    const worker = await client.call('getWorker', { params: { name } }, { signal });
    if (screen.json) {
      screen.document(worker);
      return exits.ok;
    }
    const { offer } = worker;
    const held = (await heldTasks(session, name)).get(name) ?? [];
    screen.lines(
      fields([
        ['Worker', worker.name],
        ['State', worker.state],
        ['Last seen', moment(worker.lastSeenAt, screen)],
        ['Standing', worker.standing === 'aside' ? 'set aside' : worker.standing],
        ['Decided', decisionOf(worker, screen)],
        ['Gets nothing', worker.idle === null ? null : `it ${worker.idle}`],
        // One that is enabled has been said to be so.
        ['Unfit', worker.standing === 'enabled' ? null : worker.unfit?.reason],
        ['Clock', clockOf(worker)],
        ['Kinds', offer.kinds.join(', ')],
        ['Arches', offer.arches.join(', ')],
        ['Channels', worker.channels.join(', ')],
        ['Excludes', worker.excludes.join(' ')],
        ['Busy', `${worker.tasks.length} of ${offer.slots} slots`],
        ['Load', loadOf(worker, held)],
        ['Speed', worker.speed.toFixed(2)],
        ['Troubles', worker.troubles.map(({ task, code }) => `task ${task} (${code})`).join(', ')],
        ['Machine', machineOf(worker)],
        ['Driver', offer.driver],
        ['Host', host(offer.host)],
        ['Version', offer.version],
        ['Enrolled', moment(worker.enrolledAt, screen)],
      ]),
    );
    if (held.length > 0) {
      screen.line();
      screen.table(taskColumns(screen), held);
    }
    return exits.ok;
  },
};

/** What it does not know of itself is left out. */
function machineOf({ offer: { machine } }: WorkerInfo): string {
  if (machine === undefined) return '';
  const size = (mebibytes: number) => bytes(mebibytes * 1024 ** 2);
  return [
    machine.cores > 0 ? `${machine.cores} cores` : '',
    machine.memoryMb > 0 ? `${size(machine.memoryMb)} of memory` : '',
    machine.diskMb > 0 ? `${size(machine.diskMb)} of disk free when it last looked` : '',
    machine.cpuLevel > 0 ? `x86-64-v${machine.cpuLevel}` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function host(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ');
}
