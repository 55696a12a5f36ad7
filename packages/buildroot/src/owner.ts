/**
 * Who owns a folder or a use of a layer.
 *
 * Invariant: a process is named by its number and its start time together, so a number that the kernel gave out
 * again never passes for the process that left something behind.
 */
import { readFileSync } from 'node:fs';

export interface Owner {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  start: string;
}

/** Undefined where there is no such process, and where it has ended and its parent has not looked yet. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

let own: Owner | undefined;

export function ownOwner(): Owner {
  own ??= { pid: process.pid, start: startOf(process.pid) ?? '0' };
  return own;
}

export function isAlive(owner: Owner): boolean {
  return startOf(owner.pid) === owner.start;
}

let count = 0;

/** A name that no other process and no other call has: `<pid>.<start>.<n>`. */
export function ownName(): string {
  const { pid, start } = ownOwner();
  count += 1;
  return `${pid}.${start}.${count}`;
}

/** Reads an owner back from the end of a name made by {@link ownName}. */
export function ownerOfName(name: string): Owner | undefined {
  const match = /(\d+)\.(\d+)\.\d+$/.exec(name);
  return match?.[1] && match[2] ? { pid: Number(match[1]), start: match[2] } : undefined;
}
