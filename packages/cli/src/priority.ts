/**
 * Priorities as people say them.
 *
 * Invariant: lower is sooner, and a name means the same number in all that is typed and all that is shown.
 */
import { usage } from './trouble.ts';
import type { Options } from './verb.ts';

const named: Record<string, number> = { now: 10, normal: 20, background: 30 };

/** `now`, `normal`, `background`, or a number from 0 to 100. */
export function priority(text: string, what: string): number {
  const value = Object.hasOwn(named, text) ? named[text] : /^\d{1,3}$/.test(text) ? Number(text) : undefined;
  if (value === undefined || value > 100) {
    throw usage(
      `${what} wants a whole number from 0 to 100, or ${Object.keys(named).join(', ')}, not "${text}"`,
    );
  }
  return value;
}

/** Of `--priority`, `--now` and `--background`, of which a build can have one. */
export function chosenPriority(options: Options): number | undefined {
  const text = options.text('priority');
  const short = ['now', 'background'].filter((name) => options.flag(name));
  const [said, ...more] = [...short, ...(text === undefined ? [] : [text])];
  if (more.length > 0) throw usage('a build has one priority: --now, --background or --priority');
  return said === undefined ? undefined : priority(said, '--priority');
}

/** `10 (now)`, `55` */
export function priorityWords(value: number): string {
  const name = Object.keys(named).find((one) => named[one] === value);
  return name === undefined ? String(value) : `${value} (${name})`;
}
