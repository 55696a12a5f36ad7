/** `moromi add-flavour`: repositories and settings that builds may ask for. */
import { flavourOptions, flavourSaid } from '../platform-options.ts';
import { tellFlavour } from '../platform-view.ts';
import { packageNote } from '../tag-options.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const addFlavour: Verb = {
  name: 'add-flavour',
  takes: '<name>',
  summary: 'Add a flavour, for platforms to allow',
  options: flavourOptions,
  notes: [packageNote],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const flavour = await client.call(
      'createFlavour',
      { body: { name, ...flavourSaid(options) } },
      { signal },
    );
    tellFlavour(screen, flavour);
    return exits.ok;
  },
};
