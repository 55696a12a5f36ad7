/**
 * The hub's own log: one line a happening, with its time, on stderr.
 *
 * Invariant: a line never holds a token, and control characters from outside are escaped.
 */
const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const;
export type LogLevel = keyof typeof levels;
let least: number = levels.info;

export function setLogLevel(level: LogLevel): void {
  least = levels[level];
}

export function log(level: LogLevel, message: string, facts: Record<string, unknown> = {}): void {
  if (levels[level] < least) return;
  const tail = Object.entries(facts).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const line = `${new Date().toISOString()} ${level} ${message}${tail.join('')}`;
  process.stderr.write(
    `${line.replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}\n`,
  );
}
