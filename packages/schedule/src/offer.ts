/** What a worker is, as far as choosing is concerned. */

export interface Offer {
  worker: string;
  kinds: readonly string[];
  arches: readonly string[];
  channels: readonly string[];
  /** Globs of package names that it does not take. */
  excludes: readonly string[];
  /** How much weight it carries at once. */
  capacity: number;
  /** Of the whole machine; 0 where the worker does not know. */
  memoryMb: number;
  diskMb: number;
  cores: number;
  cpuLevel: number;
  /** How many times as fast as the fleet's middle it has shown to be; 1 where that is not known. */
  speed: number;
}

/** What a worker's tasks take of it now. */
export interface Held {
  tasks: number;
  weight: number;
  memoryMb: number;
  diskMb: number;
}

export const nothingHeld: Held = { tasks: 0, weight: 0, memoryMb: 0, diskMb: 0 };
