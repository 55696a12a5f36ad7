/**
 * Named points on the way of a package at which a test may end the process.
 *
 * Invariant: where neither variable is set, a point costs one comparison and does nothing. A point is synchronous and
 * ends the process by SIGKILL, so that nothing of it, no handler and no flush, runs afterwards: what the disk and the
 * database hold at that instant is what a power cut would have left of this process.
 *
 * `MOROMI_FAULT_RECORD=FILE` appends each point's name at every pass. `MOROMI_FAULT_KILL=NAME` kills at the first pass of it,
 * `NAME#3` at the third. `MOROMI_FAULT_DONE=FILE` is created just before the kill; while it exists nothing is killed and
 * no pass is counted, so the restarted process runs through, and a test that has made it itself arms by removing it.
 */
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';

const recordFile = process.env['MOROMI_FAULT_RECORD'];
const killSpec = process.env['MOROMI_FAULT_KILL'];
const doneFile = process.env['MOROMI_FAULT_DONE'];
const active = recordFile !== undefined || killSpec !== undefined;
const [killName, killPass] = splitSpec(killSpec);
let passes = 0;

function splitSpec(spec: string | undefined): [string | undefined, number] {
  if (spec === undefined) return [undefined, 0];
  const [name, pass] = spec.split('#');
  return [name, pass === undefined ? 1 : Number(pass)];
}

/** Passes a named point; the name is `room.what:before` or `room.what:after`. */
export function point(name: string): void {
  if (!active) return;
  if (recordFile !== undefined) appendFileSync(recordFile, `${name}\n`);
  if (name !== killName) return;
  if (doneFile !== undefined && existsSync(doneFile)) return;
  passes += 1;
  if (passes !== killPass) return;
  if (doneFile !== undefined) writeFileSync(doneFile, name);
  process.kill(process.pid, 'SIGKILL');
  // SIGKILL to oneself is delivered before the system call returns to user code; this is for a debugger's sake.
  for (;;) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
}

/** Runs `work` between the points `name:before` and `name:after`. */
export async function between<T>(name: string, work: () => Promise<T>): Promise<T> {
  point(`${name}:before`);
  const value = await work();
  point(`${name}:after`);
  return value;
}
