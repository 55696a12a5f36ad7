/**
 * Amounts and spans of time as people read them: `12 MiB`, `1.5 GiB`, `1 h 2 min`.
 *
 * Invariant: pure; two units at most, the greatest there are.
 */

/** @param bytes */
export function sizeInWords(bytes: number): string {
  const mib = bytes / 2 ** 20;
  return mib < 1024 ? `${Math.round(mib)} MiB` : `${Math.round((mib / 1024) * 10) / 10} GiB`;
}

export function timeInWords(seconds: number): string {
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const at = units.findIndex(([size]) => whole >= size);
  if (at < 0) return '0 s';
  const [[size, name] = [1, 's'], next] = units.slice(at);
  const first = Math.floor(whole / size);
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[0]);
  return rest === 0 || next === undefined ? `${first} ${name}` : `${first} ${name} ${rest} ${next[1]}`;
}
