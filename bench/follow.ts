/** Waiting for events of a build, through the same stream that the command line uses. */
import type { Client, EventEnvelope } from '@moromi/contract';

/** Reads events of a build until one satisfies `last`. @returns that one */
export async function untilEvent(
  client: Client,
  build: number,
  last: (event: EventEnvelope) => boolean,
): Promise<EventEnvelope> {
  const stop = new AbortController();
  const { body } = await client.stream(
    'followEvents',
    { query: { build, after: 0 } },
    { signal: stop.signal },
  );
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of body) {
      text += decoder.decode(piece, { stream: true });
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data === undefined) continue;
        const event = JSON.parse(data) as EventEnvelope;
        if (last(event)) return event;
      }
    }
  } finally {
    stop.abort();
  }
  throw new Error(`the events of build ${build} ended early`);
}

/** Until the build has ended. Throws unless it is complete. */
export async function untilComplete(client: Client, build: number): Promise<void> {
  const end = await untilEvent(client, build, (event) =>
    /^build\.(complete|failed|canceled)$/.test(event.type),
  );
  if (end.type !== 'build.complete') throw new Error(`build ${build}: ${JSON.stringify(end.data)}`);
}
