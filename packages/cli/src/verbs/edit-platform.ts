/** `moromi edit-platform`: another word on some of it; what a tag says itself stays. */
import { platformOptions, platformSaid } from '../platform-options.ts';
import { tellPlatform } from '../platform-view.ts';
import { packageNote } from '../tag-options.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const editPlatform: Verb = {
  name: 'edit-platform',
  takes: '<name>',
  summary: 'Change what a platform says; a list takes the place of the one before',
  options: platformOptions,
  notes: [packageNote],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const platform = await client.call(
      'editPlatform',
      { params: { name }, body: platformSaid(options) },
      { signal },
    );
    tellPlatform(screen, platform);
    return exits.ok;
  },
};
