/** `moromi prune-signed-copies`: delete signed copies that nobody needs. */
import { bytes } from '../figures.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const pruneSignedCopies: Verb = {
  name: 'prune-signed-copies',
  koji: 'delete-signed-copies',
  takes: '[build...]',
  summary: 'Delete signed copies of builds or of a key that no repository names',
  options: [
    { flags: '--key <key>', summary: 'only copies by this key' },
    { flags: '--yes', summary: 'delete them; otherwise it is only told what would go' },
  ],
  async run(session, builds, options) {
    const { client, signal, screen } = session;
    const key = options.text('key');
    if (builds.length === 0 && key === undefined) throw usage('name builds, or a key with --key');
    const really = options.flag('yes');
    const body = {
      ...(builds.length === 0 ? {} : { builds }),
      ...(key === undefined ? {} : { key }),
      really,
    };
    const said = await client.call('pruneCopies', { body }, { signal });
    if (screen.json) screen.document(said);
    else {
      const what = `${said.copies} copies, ${bytes(said.bytes)}`;
      screen.line(really ? `Deleted ${what}.` : `It would delete ${what}; say --yes to do so.`);
      if (said.inUse > 0) screen.line(`${said.inUse} stay, because repositories name them.`);
    }
    return exits.ok;
  },
};
