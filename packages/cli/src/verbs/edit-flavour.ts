/** `moromi edit-flavour`: another word on some of it. */
import { flavourOptions, flavourSaid } from '../platform-options.ts';
import { tellFlavour } from '../platform-view.ts';
import { packageNote } from '../tag-options.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const editFlavour: Verb = {
  name: 'edit-flavour',
  takes: '<name>',
  summary: 'Change what a flavour says; a list takes the place of the one before',
  options: flavourOptions,
  notes: [packageNote],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const flavour = await client.call(
      'editFlavour',
      { params: { name }, body: flavourSaid(options) },
      { signal },
    );
    tellFlavour(screen, flavour);
    return exits.ok;
  },
};
