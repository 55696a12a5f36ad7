/** `moromi sign-build`, `write-signed-rpm`: have builds signed, and get what is signed. */
import type { Signing } from '@moromi/contract';
import { download } from '../download.ts';
import { bytes } from '../figures.ts';
import type { Session } from '../session.ts';
import { showSignings } from '../signing-view.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const signBuild: Verb = {
  name: 'sign-build',
  takes: '<build...>',
  summary: 'Have builds signed by the keys that their tags want, again where it failed',
  options: [],
  run: async (session, builds, _options) => {
    await ask(session, { builds });
    return exits.ok;
  },
};

export const writeSignedRpm: Verb = {
  name: 'write-signed-rpm',
  koji: 'write-signed',
  takes: '<key> <build...>',
  summary: 'Have builds signed by a key, whatever their tags want, and fetch the signed packages',
  options: [{ flags: '--dir <folder>', summary: 'write the signed packages there' }],
  notes: ['With --dir it ends with 1 while some of them are not signed: give it again then.'],
  async run(session, [key = '', ...builds], options) {
    const folder = options.text('dir');
    const items = await ask(session, { builds, key });
    if (folder === undefined) return exits.ok;
    const { screen } = session;
    for (const { name, signed } of items) {
      if (signed === null) continue;
      const { sha256, size } = signed;
      await download(session, { name, sha256, size }, folder);
      if (!screen.json) screen.line(`${name}  ${bytes(size)}`);
    }
    return items.some((one) => one.signed === null) ? exits.failed : exits.ok;
  },
};

async function ask(session: Session, body: { builds: string[]; key?: string }): Promise<Signing[]> {
  const { client, signal, screen } = session;
  const said = await client.call('signBuilds', { body }, { signal });
  if (screen.json) {
    screen.document(said);
    return said.items;
  }
  showSignings(screen, said.items);
  screen.note(`${said.asked} asked for now, ${said.signed} signed`);
  return said.items;
}
