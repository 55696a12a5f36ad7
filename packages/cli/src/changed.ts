/** What a change of the catalogue has led to, in one line. */
import type { Changed } from '@moromi/contract';
import { printable } from './escape.ts';
import type { Session } from './session.ts';
import { exits } from './trouble.ts';

/** @param sentence without its number: `Tagged 2 builds into f1` */
export function tellChanged({ screen }: Session, changed: Changed, sentence: string): number {
  if (screen.json) screen.document(changed);
  else if (changed.change === null) screen.line('It is so already; nothing was changed');
  else screen.line(printable(`${sentence} (change ${changed.change})`));
  return exits.ok;
}

/** `bash-1-1`, or `3 builds`. */
export function counted(words: readonly string[], what: string): string {
  return words.length === 1 ? (words[0] ?? '') : `${words.length} ${what}s`;
}

/** Of a long list so many at a time, as many as one call takes. */
export function chunks<T>(words: readonly T[], size = 1000): T[][] {
  return Array.from({ length: Math.ceil(words.length / size) }, (_, n) =>
    words.slice(n * size, (n + 1) * size),
  );
}
