/**
 * `--change` and `--ts`: the catalogue as it was.
 *
 * Invariant: a time is taken as Koji takes it, in seconds since 1970, or as people write it; without a zone it is local.
 */
import { usage } from './trouble.ts';
import type { Option, Options } from './verb.ts';

export const pastOptions: Option[] = [
  { flags: '--change <number>', summary: 'as it was at this change of the catalogue' },
  { flags: '--ts <time>', summary: "as it was then: seconds since 1970, or '2026-11-21 10:51:03'" },
];

export function past(options: Options): { change?: number; at?: string } {
  const change = options.integer('change');
  const text = options.text('ts');
  if (change !== undefined && text !== undefined) throw usage('--change and --ts say the same; give one');
  return {
    ...(change === undefined ? {} : { change }),
    ...(text === undefined ? {} : { at: instant(text, '--ts') }),
  };
}

export function instant(text: string, what: string): string {
  const at = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at))
    throw usage(`${what} wants a time such as 1763718663 or '2026-11-21 10:51:03', not "${text}"`);
  return new Date(at).toISOString();
}
