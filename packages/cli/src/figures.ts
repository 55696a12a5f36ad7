/**
 * Times, spans and sizes as people read them.
 *
 * Invariant: a time is always shown with its zone; a size says its unit.
 */

/** `2026-11-21 10:51:03 +0100`, in the local zone or in UTC. Empty for null. */
export function moment(iso: string | null, { utc }: { utc: boolean }): string {
  if (iso === null) return '';
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const offset = utc ? 0 : -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + offset * 60_000).toISOString();
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const size = Math.abs(offset);
  const zone = utc ? 'UTC' : `${offset < 0 ? '-' : '+'}${two(size / 60)}${two(size % 60)}`;
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)} ${zone}`;
}

/** `7s`, `2m 07s`, `1h 02m`, `3d 04h`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${two(Math.floor((whole % 86_400) / 3600))}h`;
}

/** Time between two instants of the hub; null while the second is not there. */
export function between(from: string | null, to: string | null): string {
  if (from === null || to === null) return '';
  return span((Date.parse(to) - Date.parse(from)) / 1000);
}

/** `in about 12 min`: no more exact than an estimate is. */
export function inAbout(seconds: number): string {
  if (seconds < 30) return 'at any moment';
  if (seconds < 90 * 60) return `in about ${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `in about ${Math.round(seconds / 3600)} h`;
  return `in about ${Math.round(seconds / 86_400)} days`;
}

/** `512 B`, `1.5 KiB`, `20 MiB`. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = size;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
