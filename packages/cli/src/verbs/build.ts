/** `moromi build`: hands in a source package and watches what becomes of it. */
import { announce } from '../announce.ts';
import { buildFlags, buildOptions } from '../build-options.ts';
import { sendRpm } from '../upload.ts';
import type { Verb } from '../verb.ts';

export const build: Verb = {
  name: 'build',
  takes: '<target> <srpm>',
  summary: 'Build a source package',
  options: [
    ...buildFlags,
    { flags: '--force', summary: 'as administrator: also into a locked tag, or what its list lacks' },
    { flags: '--nowait', summary: 'do not watch it' },
  ],
  notes: [
    'Ctrl-C stops the watching only (exit code 130); `moromi watch-task` goes on with it.',
    'Exit code 1: the build failed.',
  ],
  async run(session, [target = '', srpm = ''], options) {
    const { client } = session;
    const wanted = buildOptions(options);
    // An unknown target is told before a large file is sent.
    await client.call('getTarget', { params: { name: target } }, { signal: session.signal });
    const source = await sendRpm(session, srpm);
    const body = {
      target,
      source: { sha256: source.sha256, name: source.name },
      options: wanted,
      ...(options.flag('force') ? { force: true } : {}),
    };
    const made = await client.call('createBuild', { body }, { signal: session.signal });
    return await announce(session, made, { watched: !options.flag('nowait') });
  },
};
