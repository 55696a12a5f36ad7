/**
 * Events over HTTP: pages, and a stream that resumes where a reader left it.
 *
 * Invariant: a reader that gives the last number it saw gets every event after it, each once, in order; if that is no
 * longer possible it is told so (`cursor_gone`) instead of missing some.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Problem } from '@moromi/contract';
import { eventRange, type Handlers, type Ledger, readEvents } from '../ledger/index.ts';

const pageSize = 200;
/** Proxies cut what is silent for long. */
const keepAliveMs = 15_000;

export function eventRoutes(ledger: Ledger): Pick<Handlers, 'listEvents' | 'followEvents'> {
  return {
    listEvents: async (call) => {
      const range = await eventRange(ledger.read);
      const after = call.query.after ?? 0;
      if (call.query.after !== undefined && after < range.first - 1)
        throw new Problem('cursor_gone', `events are kept from ${range.first} on`);
      return {
        items: await readEvents(ledger.read, after, call.query.build, call.query.limit ?? 100),
        last: range.last,
      };
    },
    followEvents: async (call) => {
      const range = await eventRange(ledger.read);
      const asked = call.stream.headers['last-event-id'];
      const after =
        typeof asked === 'string' && /^\d{1,15}$/.test(asked)
          ? Number(asked)
          : (call.query.after ?? range.last);
      if (after < range.first - 1) throw new Problem('cursor_gone', `events are kept from ${range.first} on`);
      call.reply.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      call.reply.write(`: from ${after}\n\n`);
      await follow(ledger, call.reply, call.gone, after, call.query.build);
      return undefined;
    },
  };
}

async function follow(
  ledger: Ledger,
  reply: ServerResponse,
  gone: AbortSignal,
  from: number,
  build: number | undefined,
): Promise<void> {
  let at = from;
  let news = true;
  let wake: () => void = () => {};
  const off = ledger.hints.on('events', () => {
    news = true;
    wake();
  });
  const alive = setInterval(() => reply.write(': alive\n\n'), keepAliveMs);
  gone.addEventListener('abort', () => wake());
  try {
    while (!gone.aborted) {
      if (!news) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      news = false;
      const events = await readEvents(ledger.read, at, build, pageSize);
      for (const event of events) {
        at = event.seq;
        const room = reply.write(
          `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
        );
        if (!room && !gone.aborted) await once(reply, 'drain', { signal: gone }).catch(() => {});
      }
      if (events.length === pageSize) news = true;
    }
  } finally {
    off();
    clearInterval(alive);
    reply.end();
  }
}
