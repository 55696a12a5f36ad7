/**
 * What is different between two offers of one worker, in words.
 *
 * Invariant: what is said for each is what people see of it elsewhere; room on the disk, which changes all the time, is
 * named only where a good part of it came or went.
 */
import type { WorkerInfo } from '@moromi/contract';
import { bytes } from './figures.ts';

type Offer = WorkerInfo['offer'];

export interface Change {
  what: string;
  from: string;
  to: string;
}

/** A smaller part of the disk that came or went is no news. */
const newsOfDisk = 0.1;
const unknown = 'unknown';

export function changesOf(before: Offer, after: Offer): Change[] {
  const then = facts(before);
  return facts(after).flatMap(({ what, words, size }, at) => {
    const from = then[at];
    if (from === undefined || from.words === words) return [];
    const grown = Math.abs((size ?? 0) - (from.size ?? 0));
    const little = size !== undefined && grown < newsOfDisk * Math.max(size, from.size ?? 0);
    return little ? [] : [{ what, from: from.words, to: words }];
  });
}

interface Fact {
  what: string;
  words: string;
  /** Of what changes by little all the time. */
  size?: number;
}

function facts({ arches, kinds, slots, version, driver, machine, host }: Offer): Fact[] {
  const number = (value = 0) => (value === 0 ? unknown : String(value));
  const size = (mebibytes = 0) => (mebibytes === 0 ? unknown : bytes(mebibytes * 1024 ** 2));
  const level = machine?.cpuLevel ?? 0;
  return [
    { what: 'version', words: version },
    { what: 'arches', words: list(arches) },
    { what: 'kinds', words: list(kinds) },
    { what: 'slots', words: String(slots) },
    { what: 'cores', words: number(machine?.cores) },
    { what: 'memory', words: size(machine?.memoryMb) },
    { what: 'disk', words: size(machine?.diskMb), size: machine?.diskMb ?? 0 },
    { what: 'processor', words: level === 0 ? unknown : `x86-64-v${level}` },
    { what: 'driver', words: driver },
    ...['roots', 'isolation', 'cgroups'].map((what) => ({ what, words: word(host[what]) })),
    { what: 'emulated', words: list(emulated(host['arches'])) },
  ];
}

function list(words: readonly string[]): string {
  return words.length === 0 ? 'none' : words.join(' ');
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : unknown;
}

/** Architectures whose programs run here by an emulator. */
function emulated(arches: unknown): string[] {
  if (typeof arches !== 'object' || arches === null) return [];
  return Object.entries(arches).flatMap(([arch, how]) => (how === 'emulated' ? [arch] : []));
}
