/**
 * What is said of a build that was just made, in Koji's words, before it is watched.
 *
 * Invariant: the task's number is printed as soon as the build exists, so that nothing can come between the two.
 */
import type { Build } from '@moromi/contract';
import type { Session } from './session.ts';
import { exits } from './trouble.ts';
import { watch } from './watch.ts';

export async function announce(
  session: Session,
  made: Build,
  { watched }: { watched: boolean },
): Promise<number> {
  const { screen } = session;
  if (screen.json && !watched) {
    screen.document(made);
    return exits.ok;
  }
  if (screen.json) screen.jsonLine({ kind: 'build', build: made });
  else {
    screen.line(`Created task: ${made.task}`);
    const { url } = await session.client.call('getTask', { params: { id: made.task } });
    screen.line(`Task info: ${url}`);
  }
  if (!watched) return exits.ok;
  if (!screen.json) screen.line('Watching tasks (this may be safely interrupted)...');
  return await watch(session, [made.task]);
}
