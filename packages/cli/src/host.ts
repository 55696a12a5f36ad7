/**
 * What the client is given by the executable, since it may not reach it itself.
 *
 * Invariant: the client imports the contract and nothing else of Moromi.
 */
import type { RootOrder } from '@moromi/contract';
import type { Stream } from './screen.ts';

/** A process of the executable, here for help and completion only. */
export interface ProcessVerb {
  name: string;
  summary: string;
  flags: string[];
}

export interface Host {
  version: string;
  out: Stream;
  err: Stream;
  env: NodeJS.ProcessEnv;
  /** Where the hub is and who we are; read when first needed. */
  connection(flags: { config?: string; hub?: string }): { hub: string; token?: string };
  processes: ProcessVerb[];
  /** Enters the kept root of a failed task; the shell's exit code. */
  shell(task: number, flags: { config: string | undefined; home: string | undefined }): Promise<number>;
  /** A mock configuration from what a builder would be told. */
  mockConfig(order: RootOrder): Promise<string> | string;
}
