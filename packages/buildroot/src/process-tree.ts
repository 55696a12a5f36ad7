/**
 * The memory of a process and all that it started, where there is no cgroup to ask.
 *
 * Invariant: reads /proc and nothing else, one small file at a time, and each stranger's once: a look costs what the
 * tree has processes, not what the machine has. A process belongs when its parent does, and also after it has lost that
 * parent if it was seen before; so a daemon that lost it between two looks is missed in a plain chroot (in a pid
 * namespace it gets the namespace's first process for a parent, which belongs).
 */
import { readdir, readFile } from 'node:fs/promises';

interface Process {
  parent: number;
  /** In KiB. */
  anonymous: number;
}

export class ProcessTree {
  #members: Set<number>;
  #strangers = new Set<number>();

  constructor(first: number) {
    this.#members = new Set([first]);
  }

  /**
   * Anonymous memory in bytes, as each process counts it: pages that two share after a fork count twice, files that are
   * mapped and what lies in a tmpfs do not count.
   */
  async anonymous(): Promise<number> {
    const there = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const read = await processes(there.filter((pid) => !this.#strangers.has(pid)));
    // A number that is free again may be one of ours the next time.
    this.#strangers = new Set(there.filter((pid) => this.#strangers.has(pid)));
    this.#members = this.#sort(read);
    let sum = 0;
    for (const pid of this.#members) sum += read.get(pid)?.anonymous ?? 0;
    return sum * 1024;
  }

  /** Follows each process up to one that is known. One whose parent ended meanwhile is left for the next look. */
  #sort(read: ReadonlyMap<number, Process>): Set<number> {
    const members = new Set([...this.#members].filter((pid) => read.has(pid)));
    for (const pid of read.keys()) {
      const way = new Set<number>();
      let at = pid;
      // Numbers that came into new hands while they were read could make a ring.
      while (!members.has(at) && read.has(at) && !way.has(at)) {
        way.add(at);
        at = read.get(at)?.parent ?? 0;
      }
      if (members.has(at)) for (const one of way) members.add(one);
      else if (at === 0 || this.#strangers.has(at)) for (const one of way) this.#strangers.add(one);
    }
    return members;
  }
}

async function processes(pids: readonly number[]): Promise<Map<number, Process>> {
  const read = new Map<number, Process>();
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
    // It has ended meanwhile.
    if (status === undefined) continue;
    const parent = Number(/^PPid:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    read.set(pid, { parent, anonymous: Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) });
  }
  return read;
}
