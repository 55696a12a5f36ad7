/**
 * What a task needs of the machine that runs it.
 *
 * Invariant: a need of 0 is no need; two needs have the same key exactly where every machine answers both alike.
 */
export interface Needs {
  /** Mebibytes of memory that the build itself takes. */
  memoryMb: number;
  /** Mebibytes of disk below the worker's home. */
  diskMb: number;
  cores: number;
  /** The x86-64 level (1 to 4) that the packages are compiled for and that their tests run on. */
  cpuLevel: number;
}

export const noNeeds: Needs = { memoryMb: 0, diskMb: 0, cores: 0, cpuLevel: 0 };

/** The greater of both in everything. */
export function joinNeeds(a: Needs, b: Partial<Needs>): Needs {
  return {
    memoryMb: Math.max(a.memoryMb, b.memoryMb ?? 0),
    diskMb: Math.max(a.diskMb, b.diskMb ?? 0),
    cores: Math.max(a.cores, b.cores ?? 0),
    cpuLevel: Math.max(a.cpuLevel, b.cpuLevel ?? 0),
  };
}
