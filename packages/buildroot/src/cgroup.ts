/**
 * A cgroup for one build, which limits and counts its memory: v2 where a part of the tree is ours, v1 where its memory
 * controller is, else none.
 *
 * Invariant: only groups made here are written to or removed, and a limit that cannot be set never stops a build.
 * cgroups are for memory alone; killing a build is the sandbox's work and does not depend on them.
 */
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, ownerOfName } from './owner.ts';

export type CgroupKind = 'v2' | 'v1' | 'none';

export interface BuildGroup {
  /** Files that a process writes its number into to join. */
  procs: string[];
  /** How many processes the kernel killed in it for want of memory. */
  oomKills(): Promise<number>;
  /**
   * Bytes that its processes hold now and the kernel cannot take back: anonymous memory, and files in a tmpfs, of which
   * a sandbox's /tmp is one. Cache of files is left out: it grows with what there is and is given up when needed. So is
   * what was swapped out. 0 where that cannot be told, and before anybody has joined.
   */
  held(): Promise<number>;
  remove(): Promise<void>;
}

const nothing: BuildGroup = {
  procs: [],
  oomKills: async () => 0,
  held: async () => 0,
  remove: async () => {},
};

interface Found {
  kind: 'v2' | 'v1';
  /** The folder in which a group for a build can be made. */
  dir: string;
}

let finding: Promise<Found | undefined> | undefined;

/** Found once per process: under v2 the first trial moves this process into a leaf of its own group. */
function find(): Promise<Found | undefined> {
  finding ??= (async () => {
    for (const candidate of await candidates()) {
      if (await works(candidate)) return candidate;
    }
    return undefined;
  })();
  return finding;
}

export async function detectCgroups(): Promise<CgroupKind> {
  return (await find())?.kind ?? 'none';
}

/**
 * A group for one step of a build. It is made without a limit too: it counts exactly what the build holds, at the price
 * of one small file, and tells whether a process that was killed for want of memory was this build's.
 */
export async function makeGroup(name: string, memoryMib: number | undefined): Promise<BuildGroup> {
  const found = await find();
  if (!found) return nothing;
  const dir = join(found.dir, `moromi-${name}`);
  try {
    await mkdir(dir);
    if (memoryMib !== undefined) await limit(found.kind, dir, String(memoryMib * 2 ** 20));
  } catch {
    await rmdir(dir).catch(() => {});
    return nothing;
  }
  const counter = join(dir, found.kind === 'v2' ? 'memory.events' : 'memory.oom_control');
  return {
    procs: [join(dir, 'cgroup.procs')],
    oomKills: async () => {
      const text = await readFile(counter, 'utf8').catch(() => '');
      return Number(/^oom_kill (\d+)/m.exec(text)?.[1] ?? 0);
    },
    held: async () => {
      const text = await readFile(join(dir, 'memory.stat'), 'utf8').catch(() => '');
      // In v1 the names without `total_` leave out groups below, which an inner systemd-nspawn or a test may make.
      const names = found.kind === 'v2' ? /^(?:anon|shmem) (\d+)$/gm : /^total_(?:rss|shmem) (\d+)$/gm;
      return [...text.matchAll(names)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    },
    // The kernel may need a moment to see that the last process is gone; the next sweep takes what stays.
    remove: async () => {
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const gone = await rmdir(dir).then(
          () => true,
          (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
        );
        if (gone) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

async function limit(kind: Found['kind'], dir: string, bytes: string): Promise<void> {
  if (kind === 'v2') {
    await writeFile(join(dir, 'memory.max'), bytes);
    await writeFile(join(dir, 'memory.swap.max'), '0').catch(() => {});
    await writeFile(join(dir, 'memory.oom.group'), '0').catch(() => {});
  } else {
    await writeFile(join(dir, 'memory.limit_in_bytes'), bytes);
    await writeFile(join(dir, 'memory.memsw.limit_in_bytes'), bytes).catch(() => {});
  }
}

/** Processes that the kernel killed for want of memory since the machine started, wherever they ran. */
export function systemOomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Removes the groups that builds of dead processes left behind. */
export async function sweepGroups(): Promise<void> {
  const found = await find();
  if (!found) return;
  for (const name of await readdir(found.dir).catch(() => [])) {
    const owner = name.startsWith('moromi-') ? ownerOfName(name) : undefined;
    if (owner && !isAlive(owner)) await rmdir(join(found.dir, name)).catch(() => {});
  }
}

async function candidates(): Promise<Found[]> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const found: Found[] = [];
  for (const line of mounts.split('\n')) {
    // proc(5): id parent major:minor root mountpoint options … - type source superoptions
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root = '/', mountpoint = ''] = left.split(' ');
    const [type, , superOptions = ''] = right.split(' ');
    if (type === 'cgroup2') {
      const path = /^0::(.*)$/m.exec(own)?.[1];
      if (path !== undefined) found.push({ kind: 'v2', dir: join(mountpoint, below(path, root)) });
    } else if (type === 'cgroup' && superOptions.split(',').includes('memory')) {
      const path = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(own)?.[1];
      if (path !== undefined) found.push({ kind: 'v1', dir: join(mountpoint, below(path, root)) });
    }
  }
  return found.sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'v2' ? -1 : 1));
}

/** A container sees a part of the tree: what /proc/self/cgroup names above its root is not in the mount. */
function below(path: string, root: string): string {
  return root !== '/' && path.startsWith(root) ? path.slice(root.length) : path;
}

async function works({ kind, dir }: Found): Promise<boolean> {
  const trial = join(dir, `moromi-trial-${process.pid}`);
  try {
    if (kind === 'v2') await enableMemory(dir);
    await mkdir(trial);
    await writeFile(join(trial, kind === 'v2' ? 'memory.max' : 'memory.limit_in_bytes'), String(2 ** 30));
    return true;
  } catch {
    return false;
  } finally {
    await rmdir(trial).catch(() => {});
  }
}

/** cgroups(7), "no internal processes": a group hands controllers down only when it holds no process itself. */
async function enableMemory(dir: string): Promise<void> {
  const controllers = await readFile(join(dir, 'cgroup.controllers'), 'utf8');
  if (!controllers.split(/\s/).includes('memory')) throw new Error('the memory controller is not here');
  const control = join(dir, 'cgroup.subtree_control');
  try {
    await writeFile(control, '+memory');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    const leaf = join(dir, 'moromi-worker');
    await mkdir(leaf).catch(() => {});
    await writeFile(join(leaf, 'cgroup.procs'), String(process.pid));
    await writeFile(control, '+memory');
  }
}
