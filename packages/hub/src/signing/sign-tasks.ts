/**
 * Tasks that sign: how much one of them takes, and when its turn is.
 *
 * Invariant: one task is of one key and a bounded number of packages and bytes, so whoever comes after it never waits
 * long. What comes of batches is heavier than a slot, and single updates are as good as weightless: a signer with two
 * slots or more always has one left for them.
 */
import type { SignatureForm } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';
import { createTask } from '../tasks/index.ts';
import type { KeyFacts } from './key-queries.ts';
import { channelOf } from './key-state.ts';

/** Metadata of a revision that waits for nothing else. */
export const filePriority = 4;
/** After publishing (5), before building. */
export const singlePriority = 6;
/** What can wait. */
export const batchPriority = 30;

/** With 1.45 a slot, of 2 to 16 slots one at least stays free; the least share of one that is then left is 0.05. */
const batchWeight = 1.45;
const singleWeight = 0.05;

/** Packages of a task, and their bytes, at most; one package is a task however large it is. */
export const packagesOfTask = 64;
export const bytesOfTask = 512 * 2 ** 20;

/** What is known of a task beside the packages that name it. */
export interface SignRequest {
  key: number;
  /** Files that are no packages; packages name their task themselves. */
  files?: FileItem[];
}

export interface FileItem {
  sha256: string;
  size: number;
  name: string;
  form: 'detached' | 'clear';
  tag: string | null;
}

export async function signTask(
  tx: Tx,
  key: KeyFacts,
  about: { label: string; owner: string; priority: number; files?: FileItem[] },
  actor: string,
  cause?: string,
): Promise<number> {
  const request: SignRequest = { key: key.id, ...(about.files === undefined ? {} : { files: about.files }) };
  return await createTask(
    tx,
    {
      kind: 'sign',
      label: `${about.label} by ${key.name}`,
      arch: null,
      owner: about.owner,
      priority: about.priority,
      build: null,
      parent: null,
      request,
      channel: channelOf(key),
      weight: about.priority >= batchPriority ? batchWeight : singleWeight,
    },
    actor,
    cause,
  );
}

/** In their order, cut so that each part is small enough for one task. */
export function portions<T extends { size: number; form?: SignatureForm }>(list: readonly T[]): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const one of list) {
    const full =
      part.length >= packagesOfTask || bytes + one.size > bytesOfTask || part[0]?.form !== one.form;
    if (part.length > 0 && full) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(one);
    bytes += one.size;
  }
  return part.length === 0 ? parts : [...parts, part];
}
