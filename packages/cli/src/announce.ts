/**
 * What is said of a build that was just made, in Koji's words, before it is watched.
 *
 * Invariant: the task's number is printed as soon as the build exists, so that nothing can come between the two.
 */
import type { Build } from '@moromi/contract';
import type { Session } from './session.ts';
import { exits } from './trouble.ts';
import { watch } from './watch.ts';

/** @param resumed the build was there before and is gone on with */
export async function announce(
  session: Session,
  made: Build,
  { watched, resumed = false }: { watched: boolean; resumed?: boolean },
): Promise<number> {
  const { screen } = session;
  for (const { message } of made.warnings ?? []) screen.warn(message);
  if (screen.json && !watched) {
    screen.document(made);
    return exits.ok;
  }
  if (screen.json) screen.jsonLine({ kind: 'build', build: made });
  else {
    screen.line(
      resumed ? `Going on with build ${made.id}, task: ${made.task}` : `Created task: ${made.task}`,
    );
    const { url } = await session.client.call('getTask', { params: { id: made.task } });
    screen.line(`Task info: ${url}`);
  }
  if (!watched) return exits.ok;
  if (!screen.json) screen.line('Watching tasks (this may be safely interrupted)...');
  return await watch(session, [made.task]);
}
