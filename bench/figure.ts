/**
 * One figure as one line of JSON on standard output; words for people go to standard error.
 *
 * Invariant: `ratio` above 1 means that ours is ahead. What does not apply is left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, totalmem } from 'node:os';

export interface Figure {
  /** The bench's name for its main figure, `name.part` for others. */
  figure: string;
  unit: string;
  ours: number;
  peer?: number;
  peerName?: string;
  ratio?: number;
  p50?: number;
  p99?: number;
  peakRssMb?: number;
  /** Least and greatest of the runs. */
  spread?: [number, number];
  /** How many measurements it stands on. */
  runs: number;
}

export function print(figure: Figure): void {
  console.log(JSON.stringify({ ...round(figure), machine: machine() }));
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The nearest-rank quantile. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1));
  return sorted[at] ?? Number.NaN;
}

export function spread(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** From now on {@link peakRssMb} tells of what comes; what a process holds now is its least. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Peak resident memory of a process, in MiB. */
export function peakRssMb(pid: number): number | undefined {
  const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match?.[1] === undefined ? undefined : Math.round(Number(match[1]) / 1024);
}

function machine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown';
  return `${cpus().length} × ${model} (${arch()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

function round(figure: Figure): Figure {
  const digits = (value: number): number => Number(value.toPrecision(4));
  return Object.fromEntries(
    Object.entries(figure).map(([key, value]) => [
      key,
      typeof value === 'number' ? digits(value) : Array.isArray(value) ? value.map(digits) : value,
    ]),
  ) as unknown as Figure;
}
