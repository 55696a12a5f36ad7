/** `moromi add-platform`: targets, architectures, repositories and keys of one distribution, under one name. */
import { platformOptions, platformSaid } from '../platform-options.ts';
import { tellPlatform } from '../platform-view.ts';
import { packageNote } from '../tag-options.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const addPlatform: Verb = {
  name: 'add-platform',
  takes: '<name>',
  summary: 'Add a platform, with its tags and targets',
  options: platformOptions,
  notes: [packageNote],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const platform = await client.call(
      'createPlatform',
      { body: { name, ...platformSaid(options) } },
      { signal },
    );
    tellPlatform(screen, platform);
    return exits.ok;
  },
};
