/**
 * Following the hub's events, over any number of cuts.
 *
 * Invariant: between two `connected` every event is delivered once and in order; at each `connected` the follower reads
 * the present state, so what happened during a cut is never missed. Nothing is asked for on a clock: it waits for bytes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type EventEnvelope, Problem } from '@moromi/contract';
import { SentEventParser } from './sse.ts';

export type Followed = { kind: 'connected' } | { kind: 'event'; event: EventEnvelope };

export interface FollowOptions {
  build?: number;
  /** Events after this one; without it, those that come from now on. */
  after?: number;
  signal: AbortSignal;
  /** How long to go on trying while no hub answers, in seconds. */
  patienceSeconds?: number;
  /** Told once for each cut, in words. */
  onCut?: (reason: string) => void;
}

/** A connection that brings nothing, not even a sign of life, for so long is taken for dead. Milliseconds. */
const silence = 70_000;

export async function* follow(client: Client, options: FollowOptions): AsyncGenerator<Followed> {
  const { signal } = options;
  const patienceSeconds = options.patienceSeconds ?? 600;
  let after = options.after ?? (await newest(client, patienceSeconds, signal));
  for (let cuts = 0; ; cuts++) {
    const attempt = new AbortController();
    const ends = AbortSignal.any([signal, attempt.signal]);
    let reason = 'the connection was closed';
    try {
      const query = { after, ...(options.build === undefined ? {} : { build: options.build }) };
      const { body } = await client.stream('followEvents', { query }, { signal: ends, patienceSeconds });
      yield { kind: 'connected' };
      for await (const event of eventsOf(body, () =>
        attempt.abort(new Error('the connection fell silent')),
      )) {
        cuts = 0;
        if (event.seq <= after) continue;
        after = event.seq;
        yield { kind: 'event', event };
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Problem && error.code === 'cursor_gone') {
        after = await newest(client, patienceSeconds, signal);
      } else if (error instanceof Problem) {
        throw error;
      } else {
        reason = error instanceof Error ? error.message : String(error);
      }
    } finally {
      attempt.abort();
    }
    options.onCut?.(reason);
    // The client waits for a hub that is away by itself; this keeps one that hangs up at once from being stormed.
    await delay(Math.random() * Math.min(2000, 100 * 2 ** Math.min(cuts, 5)), undefined, { signal });
  }
}

async function newest(client: Client, patienceSeconds: number, signal: AbortSignal): Promise<number> {
  const { last } = await client.call('listEvents', { query: { limit: 1 } }, { patienceSeconds, signal });
  return last;
}

async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  onSilence: () => void,
): AsyncGenerator<EventEnvelope> {
  const parser = new SentEventParser();
  const watchdog = setTimeout(onSilence, silence);
  try {
    for await (const piece of body) {
      watchdog.refresh();
      for (const sent of parser.take(piece)) {
        const event = envelope(sent.data);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    clearTimeout(watchdog);
  }
}

/** Anything that is no envelope (a greeting, a kind of message from a newer hub) is passed over. */
function envelope(data: string): EventEnvelope | undefined {
  try {
    const value = JSON.parse(data) as Partial<EventEnvelope> | null;
    const whole = typeof value?.seq === 'number' && typeof value.type === 'string';
    return whole && typeof value.subject === 'string' ? (value as EventEnvelope) : undefined;
  } catch {
    return undefined;
  }
}
