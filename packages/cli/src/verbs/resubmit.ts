/** `moromi resubmit`: the same source with the same options once more, whole or only what failed. */
import { announce } from '../announce.ts';
import type { Session } from '../session.ts';
import type { Option, Options, Verb } from '../verb.ts';

export const nowait: Option = { flags: '--nowait', summary: 'do not watch it' };

export const resubmit: Verb = {
  name: 'resubmit',
  takes: '<build>',
  summary: 'Build the same source with the same options again, by number or NVR',
  options: [
    { flags: '--failed', summary: 'only what failed, where the buildroot is still the same; else all of it' },
    nowait,
  ],
  run: (session, [word = ''], options) => again(session, word, options, options.flag('failed')),
};

/** @param failed goes on with the build where the hub finds that it can be gone on with */
export async function again(
  session: Session,
  word: string,
  options: Options,
  failed: boolean,
): Promise<number> {
  const { client, signal, screen } = session;
  const { id } = await client.call('getBuild', { params: { build: word } }, { signal });
  const body = failed ? { failed } : {};
  const made = await client.call('resubmitBuild', { params: { id }, body }, { signal });
  const resumed = made.id === id;
  if (failed && !resumed) screen.note(`build ${id} cannot be gone on with; all of it is built again`);
  return await announce(session, made, { watched: !options.flag('nowait'), resumed });
}
