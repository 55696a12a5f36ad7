/**
 * What was asked for and is made by a task: told, and then watched to its end.
 *
 * Invariant: `--json` changes what is printed and nothing else; only `--nowait` keeps from waiting.
 */
import type { Session } from './session.ts';
import { exits } from './trouble.ts';
import type { Options } from './verb.ts';
import { watch } from './watch.ts';

export interface Asked<T> {
  /** What it is called in JSON where more lines follow. */
  kind: string;
  value: T;
  /** Null where nothing is being made. */
  task: number | null;
  /** Says it to people. */
  tell?: () => void;
}

export async function followAsked<T>(
  session: Session,
  options: Options,
  { kind, value, task, tell }: Asked<T>,
): Promise<number> {
  const { screen } = session;
  const watched = task !== null && !options.flag('nowait');
  if (!screen.json) tell?.();
  else if (watched) screen.jsonLine({ kind, [kind]: value });
  else screen.document(value);
  return watched ? await watch(session, [task]) : exits.ok;
}
