/** `moromi sign-build`, `write-signed-rpm`: have builds signed. */

import type { Session } from '../session.ts';
import { showSignings } from '../signing-view.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const signBuild: Verb = {
  name: 'sign-build',
  takes: '<build...>',
  summary: 'Have builds signed by the keys that their tags want, again where it failed',
  options: [],
  run: (session, builds, _options) => ask(session, { builds }),
};

export const writeSignedRpm: Verb = {
  name: 'write-signed-rpm',
  koji: 'write-signed',
  takes: '<key> <build...>',
  summary: 'Have builds signed by a key, whatever their tags want',
  options: [],
  run: (session, [key = '', ...builds], _options) => ask(session, { builds, key }),
};

async function ask(session: Session, body: { builds: string[]; key?: string }): Promise<number> {
  const { client, signal, screen } = session;
  const said = await client.call('signBuilds', { body }, { signal });
  if (screen.json) {
    screen.document(said);
    return exits.ok;
  }
  showSignings(screen, said.items);
  screen.note(`${said.asked} asked for now, ${said.signed} signed`);
  return exits.ok;
}
