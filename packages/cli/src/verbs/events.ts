/** `moromi events`: what changed, in the order that all readers share. */
import type { EventEnvelope } from '@moromi/contract';
import { printable } from '../escape.ts';
import { moment } from '../figures.ts';
import { follow } from '../follow.ts';
import type { Screen } from '../screen.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const events: Verb = {
  name: 'events',
  takes: '',
  summary: 'Show what changed; with --follow, go on as it happens',
  options: [
    { flags: '--follow', summary: 'go on' },
    { flags: '--after <seq>', summary: 'those after this number' },
    { flags: '--build <id>', summary: 'only those of this build' },
    { flags: '--limit <number>', summary: 'how many at most (100)' },
  ],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const build = options.integer('build', 1);
    const after = options.integer('after');
    if (options.flag('follow')) {
      const stream = follow(client, {
        ...(build === undefined ? {} : { build }),
        ...(after === undefined ? {} : { after }),
        signal,
        onCut: (reason) => screen.note(`moromi: ${reason}; connecting again`),
      });
      for await (const one of stream) if (one.kind === 'event') show(screen, one.event);
      return exits.ok;
    }
    const limit = options.integer('limit', 1, 1000) ?? 100;
    // Without a beginning, the newest are wanted.
    const from = after ?? (build === undefined ? Math.max(0, (await newest()) - limit) : 0);
    const { items } = await client.call('listEvents', { query: { after: from, build, limit } }, { signal });
    if (screen.json) screen.document(items);
    else for (const event of items) show(screen, event);
    return exits.ok;

    async function newest(): Promise<number> {
      return (await client.call('listEvents', { query: { limit: 1 } }, { signal })).last;
    }
  },
};

function show(screen: Screen, event: EventEnvelope): void {
  if (screen.json) {
    screen.jsonLine(event);
    return;
  }
  const data = Object.keys(event.data).length === 0 ? '' : ` ${JSON.stringify(event.data)}`;
  const cause = event.cause === null ? '' : ` after ${event.cause}`;
  const time = moment(event.time, screen);
  screen.line(
    printable(`${event.seq}  ${time}  ${event.type}  ${event.subject}  by ${event.actor}${cause}${data}`),
  );
}
