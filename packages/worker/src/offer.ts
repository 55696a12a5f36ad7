/**
 * What this worker offers: architectures, kinds, slots, and what its driver found out about the machine.
 *
 * Invariant: nothing is offered that would fail for the machine's sake: without a usable driver no build kinds, and no
 * more slots than min(4, cores, memory / 2 GiB), at least one, unless the configuration says a number.
 */
import { availableParallelism, arch as machineArch, totalmem } from 'node:os';
import type { Driver, Probe } from '@moromi/buildroot';
import type { TaskKind, WorkerOffer } from '@moromi/contract';
import about from '../package.json' with { type: 'json' };
import type { WorkerConfig } from './config.ts';

const gib = 2 ** 30;
const buildKinds: readonly TaskKind[] = ['srpm', 'build'];

export interface Machine {
  cores: number;
  /** In bytes. */
  memory: number;
}

export function slotsFor(machine: Machine): number {
  return Math.max(1, Math.min(4, machine.cores, Math.floor(machine.memory / (2 * gib))));
}

/** The cores and the memory that this process may use, limits of its container included. */
export function thisMachine(): Machine {
  const limit = process.constrainedMemory();
  const memory = limit !== undefined && limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { cores: availableParallelism(), memory };
}

const archesOf: Record<string, string[]> = {
  x64: ['x86_64', 'i686'],
  arm64: ['aarch64'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
};

export async function makeOffer(
  config: WorkerConfig,
  driver: Driver | undefined,
): Promise<{ offer: WorkerOffer; probe: Probe | undefined }> {
  const probe = await driver?.probe();
  const canBuild = probe?.usable === true;
  const machine = thisMachine();
  const offer: WorkerOffer = {
    arches: config.arches ?? archesOf[machineArch()] ?? [],
    kinds: config.kinds.filter((kind) => canBuild || !buildKinds.includes(kind)),
    slots: config.slots ?? slotsFor(machine),
    version: about.version,
    driver: driver?.name ?? 'none',
    host: { ...probe, cores: machine.cores, memoryMib: Math.floor(machine.memory / 2 ** 20) },
  };
  return { offer, probe };
}

export function needsDriver(config: WorkerConfig): boolean {
  return config.kinds.some((kind) => buildKinds.includes(kind));
}
