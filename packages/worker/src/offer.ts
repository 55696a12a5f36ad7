/**
 * What this worker offers: architectures, kinds, slots, and what its driver found out about the machine.
 *
 * Invariant: nothing is offered that would fail for the machine's sake: without a usable driver no build kinds, no
 * architecture whose programs do not run here, and no more slots than min(4, cores, memory / 2 GiB), at least one,
 * unless the configuration says a number. Emulated architectures, which are slow, are offered only by their names.
 */
import { availableParallelism, arch as machineArch, totalmem } from 'node:os';
import type { Driver, Probe } from '@moromi/buildroot';
import type { TaskKind, WorkerOffer } from '@moromi/contract';
import about from '../package.json' with { type: 'json' };
import type { WorkerConfig } from './config.ts';
import { reachesLevel } from './cpu-level.ts';
import { machineFacts } from './machine.ts';

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

/** What a machine runs without emulation. */
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
  keys: readonly string[] = [],
): Promise<{ offer: WorkerOffer; probe: Probe | undefined }> {
  const wanted = config.arches ?? archesOf[machineArch()] ?? [];
  const probe = await driver?.probe(wanted);
  const machine = thisMachine();
  const facts = await machineFacts(config.home, machine);
  for (const arch of wanted.filter((one) => !reachesLevel(one, facts.cpuLevel)))
    probe?.warnings.push(
      `Nothing is built for ${arch} here, because this processor is of the x86-64 level ${facts.cpuLevel}: use a newer machine.`,
    );
  const unnamed = config.arches === undefined ? ['not', 'emulated'] : ['not'];
  const arches = wanted.filter(
    (arch) => !unnamed.includes(probe?.arches?.[arch] ?? '') && reachesLevel(arch, facts.cpuLevel),
  );
  for (const arch of wanted)
    if (config.arches === undefined && probe?.arches?.[arch] === 'emulated')
      probe.warnings.push(
        `No builds for ${arch} are taken, since nobody has named it: \`arches\` in [worker].`,
      );
  const canBuild = probe?.usable === true && arches.length > 0;
  const offer: WorkerOffer = {
    arches,
    kinds: config.kinds.filter((kind) => canBuild || !buildKinds.includes(kind)),
    // A signer keeps one for single updates.
    slots: config.slots ?? Math.max(keys.length > 0 ? 2 : 1, slotsFor(machine)),
    version: about.version,
    driver: driver?.name ?? 'none',
    host: { ...probe, cores: machine.cores, memoryMib: Math.floor(machine.memory / 2 ** 20) },
    machine: facts,
    ...(keys.length > 0 ? { keys: [...keys] } : {}),
  };
  return { offer, probe };
}

export function needsDriver(config: WorkerConfig): boolean {
  return config.kinds.some((kind) => buildKinds.includes(kind));
}
