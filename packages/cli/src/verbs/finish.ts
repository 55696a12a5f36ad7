/** `moromi finish`: what is not signed of a build was done by hand elsewhere. */
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const finish: Verb = {
  name: 'finish',
  takes: '<build>',
  summary: 'Call a build that needs signatures done, because that was done by hand elsewhere',
  options: [
    { flags: '--reason <text>', summary: 'why' },
    { flags: '--key <key>', summary: 'only what this key has not signed; what other keys owe stays open' },
  ],
  async run(session, [build = ''], options) {
    const { client, signal, screen } = session;
    const reason = options.text('reason');
    if (reason === undefined || reason === '') throw usage('finish wants --reason');
    const key = options.text('key');
    const body = { reason, ...(key === undefined ? {} : { key }) };
    const said = await client.call('finishSigning', { params: { build }, body }, { signal });
    if (screen.json) screen.document(said);
    else
      screen.line(
        `${said.nvr ?? said.build} is finished${key === undefined ? '' : ` for ${key}`}: ${reason}`,
      );
    return exits.ok;
  },
};
