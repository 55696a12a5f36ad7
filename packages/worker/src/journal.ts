/**
 * What a person sees of a worker: one line for each happening, with the time, on stderr.
 *
 * Invariant: text from outside never starts a line of its own or steers the terminal.
 */
import type { Lease } from '@moromi/contract';
import type { WorkerConfig } from './config.ts';

const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const;
type Level = keyof typeof levels;

export class Journal {
  readonly #least: number;
  readonly #write: (line: string) => void;

  constructor(level: WorkerConfig['logLevel'], write = (line: string) => void process.stderr.write(line)) {
    this.#least = levels[level];
    this.#write = write;
  }

  debug(sentence: string): void {
    this.#say('debug', sentence);
  }

  info(sentence: string): void {
    this.#say('info', sentence);
  }

  warn(sentence: string): void {
    this.#say('warn', sentence);
  }

  error(sentence: string): void {
    this.#say('error', sentence);
  }

  #say(level: Level, sentence: string): void {
    if (levels[level] < this.#least) return;
    const mark = level === 'warn' ? 'warning: ' : level === 'error' ? 'error: ' : '';
    this.#write(`${new Date().toISOString()} ${mark}${oneLine(sentence)}\n`);
  }
}

export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** `build 12 task 34 x86_64 hello-2.10-1` */
export function nameOf(lease: Lease): string {
  const parts = [`task ${lease.task}`];
  if (lease.build !== null) parts.unshift(`build ${lease.build}`);
  if (lease.arch !== null && !lease.label.includes(lease.arch)) parts.push(lease.arch);
  parts.push(lease.label);
  return parts.join(' ');
}
