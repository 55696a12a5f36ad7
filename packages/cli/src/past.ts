/**
 * `--change` and `--ts`: the catalogue as it was.
 *
 * Invariant: a time is taken as Koji takes it, in seconds since 1970, or as people write it; without a zone it is of the
 * zone in which times are shown: this machine's, or UTC with `--utc`.
 */
import { usage } from './trouble.ts';
import type { Option, Options } from './verb.ts';

export const pastOptions: Option[] = [
  { flags: '--change <number>', summary: 'as it was at this change of the catalogue' },
  { flags: '--ts <time>', summary: "as it was then: seconds since 1970, or '2026-11-21 10:51:03'" },
];

export function past(options: Options, zone: { utc: boolean }): { change?: number; at?: string } {
  const change = options.integer('change');
  const text = options.text('ts');
  if (change !== undefined && text !== undefined) throw usage('--change and --ts say the same; give one');
  return {
    ...(change === undefined ? {} : { change }),
    ...(text === undefined ? {} : { at: instant(text, '--ts', zone) }),
  };
}

const written = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(Z|UTC|[+-]\d\d:?\d\d)?)?$/;

/** @returns RFC 3339 in UTC */
export function instant(text: string, what: string, { utc }: { utc: boolean }): string {
  const at = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : epochMs(text, utc ? 'Z' : '');
  if (Number.isNaN(at))
    throw usage(`${what} wants a time such as 1763718663 or '2026-11-21 10:51:03', not "${text}"`);
  return new Date(at).toISOString();
}

function epochMs(text: string, usualZone: string): number {
  const [, day, time = '00:00', zone = usualZone] = written.exec(text) ?? [];
  // Date.parse takes the 30th of February for the 2nd of March.
  const midnight = Date.parse(`${day}T00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(`${day}T`)) return Number.NaN;
  return Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : zone.replace(/^(...)(\d\d)$/, '$1:$2')}`);
}
