/**
 * Why a worker does not get a task.
 *
 * Invariant: pure. A hard refusal holds until somebody changes the worker or the task; a soft one passes by itself.
 * Where there is none, the worker may have it now.
 */
import type { Held, Offer } from './offer.ts';
import type { Candidate } from './task.ts';

export type RefusalCode =
  | 'kind'
  | 'arch'
  | 'channel'
  | 'assigned'
  | 'excluded_package'
  | 'cpu_level'
  | 'memory'
  | 'disk'
  | 'cores'
  | 'refused_before'
  | 'no_room'
  | 'no_memory_now'
  | 'no_disk_now';

export interface Refusal {
  hard: boolean;
  code: RefusalCode;
  /** What is not there; a phrase that goes on after the worker's name. */
  reason: string;
}

type Asked = Pick<
  Candidate,
  'kind' | 'arch' | 'channel' | 'package' | 'weight' | 'needs' | 'assigned' | 'refusedBy'
>;

/** What the machine can never do as it is. */
export function hardRefusal(task: Asked, offer: Offer): Refusal | null {
  const { needs } = task;
  if (!offer.kinds.includes(task.kind)) return hard('kind', `takes no ${task.kind} tasks`);
  if (task.arch !== null && !offer.arches.includes(task.arch)) return hard('arch', `is not for ${task.arch}`);
  if (task.assigned !== null && task.assigned !== offer.worker)
    return hard('assigned', `is not ${task.assigned}, which it was assigned to`);
  // Who assigns a task by hand means this worker, whatever its channels.
  if (task.assigned === null && !offer.channels.includes(task.channel))
    return hard('channel', `is not in the channel ${task.channel}`);
  const glob = task.package === null ? undefined : excludedBy(task.package, offer.excludes);
  if (glob !== undefined) return hard('excluded_package', `does not take ${glob}`);
  if (needs.cpuLevel > offer.cpuLevel && offer.cpuLevel > 0)
    return hard('cpu_level', `has an x86-64-v${offer.cpuLevel} processor and v${needs.cpuLevel} is needed`);
  if (needs.memoryMb > offer.memoryMb && offer.memoryMb > 0)
    return hard('memory', `has ${size(offer.memoryMb)} of memory and ${size(needs.memoryMb)} are needed`);
  if (needs.diskMb > offer.diskMb && offer.diskMb > 0)
    return hard('disk', `has ${size(offer.diskMb)} of disk and ${size(needs.diskMb)} are needed`);
  if (needs.cores > offer.cores && offer.cores > 0)
    return hard('cores', `has ${offer.cores} cores and ${needs.cores} are needed`);
  return null;
}

/** What is only not possible now. */
export function softRefusal(task: Asked, offer: Offer, held: Held): Refusal | null {
  const before = task.refusedBy.get(offer.worker);
  if (before !== undefined) return soft('refused_before', before);
  // A task heavier than the whole worker runs there alone.
  if (held.tasks > 0 && held.weight + task.weight > offer.capacity + 1e-9)
    return soft('no_room', `carries ${round(held.weight)} of ${round(offer.capacity)} already`);
  const { memoryMb, diskMb } = task.needs;
  if (held.tasks > 0 && memoryMb > 0 && offer.memoryMb > 0 && held.memoryMb + memoryMb > offer.memoryMb)
    return soft(
      'no_memory_now',
      `has ${size(offer.memoryMb - held.memoryMb)} of memory left and ${size(memoryMb)} are needed`,
    );
  if (held.tasks > 0 && diskMb > 0 && offer.diskMb > 0 && held.diskMb + diskMb > offer.diskMb)
    return soft(
      'no_disk_now',
      `has ${size(offer.diskMb - held.diskMb)} of disk left and ${size(diskMb)} are needed`,
    );
  return null;
}

export function refusal(task: Asked, offer: Offer, held: Held): Refusal | null {
  return hardRefusal(task, offer) ?? softRefusal(task, offer, held);
}

/** The first of the globs (`*` and `?`) that a name matches. */
export function excludedBy(name: string, globs: readonly string[]): string | undefined {
  return globs.find((glob) => matchesGlob(name, glob));
}

const compiled = new Map<string, RegExp>();

function matchesGlob(name: string, glob: string): boolean {
  let pattern = compiled.get(glob);
  if (pattern === undefined) {
    const body = glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.');
    pattern = new RegExp(`^${body}$`);
    if (compiled.size > 10_000) compiled.clear();
    compiled.set(glob, pattern);
  }
  return pattern.test(name);
}

function hard(code: RefusalCode, reason: string): Refusal {
  return { hard: true, code, reason };
}

function soft(code: RefusalCode, reason: string): Refusal {
  return { hard: false, code, reason };
}

function size(mb: number): string {
  const whole = Math.max(0, mb);
  return whole >= 1024 ? `${round(whole / 1024)} GiB` : `${Math.round(whole)} MiB`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
