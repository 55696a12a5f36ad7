/** `moromi add-target`: what builds see, and where they go. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const addTarget: Verb = {
  name: 'add-target',
  takes: '<name> <build-tag> [dest-tag]',
  summary: 'Add a target: builds see the build tag and go to the destination tag (the same where not said)',
  options: [],
  async run(session, [name = '', buildTag = '', destTag = buildTag], _options) {
    const { client, signal, screen } = session;
    const target = await client.call('createTarget', { body: { name, buildTag, destTag } }, { signal });
    if (screen.json) screen.document(target);
    else screen.line(`Added target ${target.name}: ${target.buildTag} -> ${target.destTag}`);
    return exits.ok;
  },
};
