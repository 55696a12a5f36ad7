/** `moromi add-target`: what builds see, and where they go. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const addTarget: Verb = {
  name: 'add-target',
  takes: '<name> <build-tag> [dest-tag]',
  summary: 'Add a target: builds see the build tag and go to the destination tag (the same where not said)',
  options: [{ flags: '--alias <name>', summary: 'another name that leads to it', many: true }],
  async run(session, [name = '', buildTag = '', destTag = buildTag], options) {
    const { client, signal, screen } = session;
    const aliases = commaList(options.list('alias'));
    const body = { name, buildTag, destTag, ...(aliases.length === 0 ? {} : { aliases }) };
    const target = await client.call('createTarget', { body }, { signal });
    if (screen.json) screen.document(target);
    else screen.line(`Added target ${target.name}: ${target.buildTag} -> ${target.destTag}`);
    return exits.ok;
  },
};
