/**
 * Pauses of the system and of tags.
 *
 * Invariant: what holds for a tag is its own pause and the system's; what runs is never touched by either.
 */
import type { Pause } from '@moromi/contract';
import { printable } from './escape.ts';
import { moment } from './figures.ts';
import type { Session } from './session.ts';

export async function setPause(
  session: Session,
  tag: string | undefined,
  paused: boolean,
  reason?: string,
): Promise<void> {
  const { client, signal, screen } = session;
  const body = { tag: tag ?? null, paused, reason };
  const { items } = await client.call('setPause', { body }, { signal });
  if (screen.json) {
    screen.document(items);
    return;
  }
  const what = tag === undefined ? 'the system' : `the tag ${tag}`;
  screen.line(paused ? `Paused ${what}; what runs goes on` : `Unpaused ${what}`);
  // Or whoever unpaused a tag would wonder why nothing begins.
  for (const pause of paused ? [] : holding(items, tag))
    screen.line(printable(`But ${pauseLine(pause, screen)}`));
}

/** The pauses that hold for a tag, or for the system. */
export function holding(pauses: Pause[], tag: string | undefined): Pause[] {
  return pauses.filter((pause) => pause.tag === null || pause.tag === tag);
}

export function pauseLine({ tag, actor, at, reason }: Pause, zone: { utc: boolean }): string {
  const what = tag === null ? 'the system' : `the tag ${tag}`;
  return `${what} is paused by ${actor} since ${moment(at, zone)}${reason === '' ? '' : `: ${reason}`}`;
}
