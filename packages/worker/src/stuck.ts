/**
 * Ends a step of a build when no log of its attempt has grown for too long.
 *
 * Invariant: only time that this worker saw pass counts, by a clock that nobody sets: a machine that was frozen, or a
 * worker that was, does not make a build stuck. The worker's own notes are no sign of life.
 */
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Failure } from '@moromi/contract';
import { type BuildState, readBuildState } from './build-state.ts';
import { oneLine } from './journal.ts';
import { ownLog } from './names.ts';
import { timeInWords } from './words.ts';

const slowestLookMs = 10_000;
const fastestLookMs = 50;
const tailBytes = 2000;
const longestLine = 200;

/** Nothing was heard of the build any more; the message says where it was. */
export class Stuck extends Error {
  readonly failure: Failure;

  constructor(seconds: number, { now, inPackage }: BuildState, log: string | undefined, end: string) {
    const line = end.split('\n').findLast((one) => one.trim() !== '');
    const where = now === undefined ? '' : ` in ${now}`;
    const last = line === undefined ? 'nothing was printed' : `last line of ${log}: ${clip(line)}`;
    super(`no log grew for ${timeInWords(seconds)}${where}: ${last}`);
    this.name = 'Stuck';
    this.failure = {
      code: 'stuck',
      message: this.message,
      // Making a root is this machine's part, and repositories are no package's fault.
      fault: inPackage ? 'package' : 'infrastructure',
      ...(end === '' ? {} : { excerpt: end }),
    };
  }
}

/**
 * Runs a step that writes logs to a folder.
 * @param seconds how long the logs may stand still
 * @throws Stuck, after the step has ended at the signal that it was given
 */
export async function unlessStuck<T>(
  logDir: string,
  seconds: number | undefined,
  signal: AbortSignal,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (seconds === undefined || seconds <= 0) return await step(signal);
  const over = new AbortController();
  const stuck = new AbortController();
  const watching = silence(logDir, seconds, over.signal).then((found) => stuck.abort(found), ignored);
  try {
    return await step(AbortSignal.any([signal, stuck.signal]));
  } catch (error) {
    if (stuck.signal.aborted && !signal.aborted) throw stuck.signal.reason;
    throw error;
  } finally {
    over.abort();
    await watching;
  }
}

/** Resolves once the logs have stood still for so long; rejects when it is over before. */
async function silence(logDir: string, seconds: number, over: AbortSignal): Promise<Stuck> {
  const everyMs = Math.max(fastestLookMs, Math.min(slowestLookMs, seconds * 100));
  let sizes = new Map<string, number>();
  let grown: string | undefined;
  let quiet = 0;
  let looked = performance.now();
  while (quiet < seconds * 1000) {
    await delay(everyMs, undefined, { signal: over });
    const now = performance.now();
    quiet += Math.min(now - looked, 2 * everyMs);
    looked = now;
    const after = await sizesIn(logDir).catch(() => sizes);
    const changed = [...after].find(([name, size]) => size !== (sizes.get(name) ?? 0));
    if (changed !== undefined) {
      quiet = 0;
      [grown] = changed;
    }
    sizes = after;
  }
  const end = grown === undefined ? '' : await endOf(join(logDir, grown)).catch(() => '');
  return new Stuck(seconds, await readBuildState(logDir), grown, end);
}

async function sizesIn(folder: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of await readdir(folder)) {
    if (name === ownLog) continue;
    const there = await lstat(join(folder, name)).catch(() => undefined);
    if (there?.isFile() === true) sizes.set(name, there.size);
  }
  return sizes;
}

async function endOf(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function clip(line: string): string {
  const plain = oneLine(line).trim();
  return plain.length <= longestLine ? plain : `${plain.slice(0, longestLine - 1)}…`;
}

function ignored(): void {}
