/**
 * The x86-64 level of this machine's processor.
 *
 * Invariant: a level is said only where every feature of it and of all levels below is there and is let through by the
 * kernel; 0 is said of other machines.
 *
 * After the System V ABI, AMD64 Architecture Processor Supplement (gitlab.com/x86-psABIs/x86-64-ABI), section "Low Level
 * System Information", table "Micro-Architecture Levels". The kernel's names for its features, in /proc/cpuinfo, are
 * those of its arch/x86/include/asm/cpufeatures.h: SSE3 is `pni`, CMPXCHG16B `cx16`, LAHF-SAHF `lahf_lm`, LZCNT `abm`;
 * OSXSAVE has no name there, and the kernel takes `xsave` away where it does not let programs use it.
 */
import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';

const levels: readonly (readonly string[])[] = [
  ['cmov', 'cx8', 'fpu', 'fxsr', 'mmx', 'syscall', 'sse', 'sse2'],
  ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3'],
  ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave'],
  ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'],
];

/** @param flags as a `flags` line of /proc/cpuinfo lists them */
export function levelOf(flags: Iterable<string>): number {
  const has = new Set(flags);
  const missing = levels.findIndex((names) => names.some((name) => !has.has(name)));
  return missing < 0 ? levels.length : missing;
}

export async function cpuLevel(): Promise<number> {
  if (arch() !== 'x64') return 0;
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = /^flags\s*:\s*(.*)$/m.exec(text)?.[1];
  return flags === undefined ? 0 : levelOf(flags.split(/\s+/));
}

/** Whether a processor of that level runs packages of an architecture: only `x86_64_v2` and its like ask for more. */
export function reachesLevel(rpmArch: string, level: number): boolean {
  const needed = /^x86_64_v([2-9])$/.exec(rpmArch)?.[1];
  return needed === undefined || level >= Number(needed);
}
