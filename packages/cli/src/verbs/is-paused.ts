/** `moromi is-paused`: for scripts by its exit code, for people by whom and why. */
import { printable } from '../escape.ts';
import { holding, pauseLine } from '../pause.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const isPaused: Verb = {
  name: 'is-paused',
  takes: '[tag]',
  summary: 'Say whether the system is paused, or a tag by itself or with the system',
  options: [],
  notes: ['Exit code 0: it is paused. 1: it is not.'],
  async run(session, [tag], _options) {
    const { client, signal, screen } = session;
    // A tag that is not there is not "not paused".
    if (tag !== undefined) await client.call('getTag', { params: { name: tag } }, { signal });
    const { items } = await client.call('listPauses', {}, { signal });
    const found = holding(items, tag);
    if (screen.json) screen.document(found);
    else if (found.length > 0) for (const one of found) screen.line(printable(pauseLine(one, screen)));
    else {
      screen.line(`${tag === undefined ? 'the system' : `the tag ${tag}`} is not paused`);
      const tags = items.flatMap((one) => one.tag ?? []);
      if (tag === undefined && tags.length > 0) screen.note(`but these tags are: ${tags.join(', ')}`);
    }
    return found.length > 0 ? exits.ok : exits.failed;
  },
};
