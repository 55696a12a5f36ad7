/**
 * Which architectures this machine runs programs of, found by running one.
 *
 * Invariant: nothing is concluded from what is installed or registered. The program is run as a root's programs are,
 * with nothing around it: an emulator that the kernel would look for by its path, inside the root, does not count. A
 * processor that could run it does not either where the kernel leaves it to an emulator.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { machine as machineName, arch as nodeArch } from 'node:os';
import { join } from 'node:path';
import type { ArchRun } from './driver.ts';
import { run } from './exec.ts';
import { type MachineName, machineOf, tinyProgram, tinyStatus } from './tiny-program.ts';

export interface ArchTrial {
  runs: ArchRun;
  /** One sentence, with what to do, where it is less than it could be. */
  remark?: string;
}

export interface ArchTrials {
  runs: Record<string, ArchRun>;
  /** Remarks; they are problems where none of the architectures runs. */
  warnings: string[];
  problems: string[];
}

/** What a processor of the kind that Node names runs by itself, where the kernel lets it; what Node is first. */
const own: Record<string, readonly MachineName[]> = {
  x64: ['x86_64', 'i386'],
  ia32: ['i386'],
  arm64: ['aarch64', 'arm'],
  arm: ['arm'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
};

/**
 * @param folder where a program may stand that is run: the roots' file system, for some are mounted `noexec`
 * @param emulation `never emulated` for a driver that cannot make use of it
 */
export async function tryArches(
  arches: readonly string[],
  folder: string,
  emulation: 'as found' | 'never emulated' = 'as found',
): Promise<ArchTrials> {
  const trials = await Promise.all(
    [...new Set(arches)].map(async (arch): Promise<[string, ArchTrial]> => {
      const trial = await tryArch(arch, folder);
      if (trial.runs !== 'emulated' || emulation === 'as found') return [arch, trial];
      const remark = `Nothing is built for ${arch} here: it would be emulated, which only the native driver can; use that, or a machine of that architecture.`;
      return [arch, { runs: 'not', remark }];
    }),
  );
  const runs = Object.fromEntries(trials.map(([arch, trial]) => [arch, trial.runs]));
  const remarks = trials.flatMap(([, { remark }]) => remark ?? []);
  const none = trials.length > 0 && trials.every(([, trial]) => trial.runs === 'not');
  return { runs, warnings: none ? [] : remarks, problems: none ? remarks : [] };
}

/** Tries one architecture; `folder` as for {@link tryArches}. */
export async function tryArch(arch: string, folder: string): Promise<ArchTrial> {
  const machine = machineOf(arch);
  const [first, ...others] = own[nodeArch()] ?? [];
  // This very process is a program of it.
  if (machine === undefined ? arch === machineName() : machine === first) return { runs: 'itself' };
  if (machine === undefined) {
    const remark = `Nothing is built for ${arch} here: it is neither this machine's architecture nor one that can be tried; see that its name is right.`;
    return { runs: 'not', remark };
  }
  const { said, traced } = await runTiny(machine, folder);
  if (said === '') {
    if (others.includes(machine) && !traced) return { runs: 'itself' };
    const remark = `Builds for ${arch} are emulated here and take about twenty times as long: where time matters, use a machine of that architecture.`;
    return { runs: 'emulated', remark };
  }
  const todo = others.includes(machine)
    ? 'use a kernel that allows them'
    : 'install qemu-user-static and binfmt-support, or use a machine of that architecture';
  // What is told of most, and means no more than that nobody could make sense of the file.
  const more = /No such file or directory|Exec format error/.test(said) ? '' : ` (${said})`;
  const remark = `Nothing is built for ${arch} here, because this machine does not run its programs${more}: ${todo}.`;
  return { runs: 'not', remark };
}

interface TinyRun {
  /** Empty when the program of this machine ran. */
  said: string;
  /** Somebody told of its system calls, as QEMU does when it is asked to; a kernel does not. */
  traced: boolean;
}

async function runTiny(machine: MachineName, folder: string): Promise<TinyRun> {
  let dir: string | undefined;
  try {
    await mkdir(folder, { recursive: true });
    dir = await mkdtemp(join(folder, 'probe-'));
    const program = join(dir, 'program');
    await writeFile(program, tinyProgram(machine), { mode: 0o755 });
    // Others than root cannot make an empty folder the root; nor do they make roots.
    const command = process.getuid?.() === 0 ? ['chroot', dir, '/program'] : ['env', program];
    const [tool = '', ...args] = command;
    const env = { ...process.env, QEMU_STRACE: '1' };
    const result = await run(tool, args, { timeoutMs: 10_000, env });
    if (result.code === tinyStatus) return { said: '', traced: result.stderr !== '' };
    const how = result.ended ?? result.killedBy ?? `status ${result.code}`;
    return { said: result.stderr.trim().split('\n')[0] || how, traced: false };
  } catch (error) {
    return { said: error instanceof Error ? error.message : String(error), traced: false };
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  }
}
