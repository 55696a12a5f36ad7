/**
 * What this machine is, as the scheduler holds a task's needs against it.
 *
 * Invariant: what cannot be found out is 0, which refuses nothing.
 */
import { statfs } from 'node:fs/promises';
import type { WorkerOffer } from '@moromi/contract';
import { cpuLevel } from './cpu-level.ts';

export type MachineFacts = NonNullable<WorkerOffer['machine']>;

const mib = 2 ** 20;
/** The contract's bound. */
const most = 2 ** 31 - 1;

/**
 * @param home a folder of the file system on which roots are made
 * @param memory in bytes
 */
export async function machineFacts(
  home: string,
  { cores, memory }: { cores: number; memory: number },
): Promise<MachineFacts> {
  const [level, free] = await Promise.all([
    cpuLevel(),
    statfs(home).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => 0,
    ),
  ]);
  const inMib = (bytes: number) => Math.min(most, Math.floor(bytes / mib));
  return { cores, memoryMb: inMib(memory), diskMb: inMib(free), cpuLevel: level };
}
