/**
 * The hub's events, followed through any number of its restarts.
 *
 * Invariant: events come in the order of `seq` without gap or repetition; anything else fails the test that waits.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventEnvelope } from '../../packages/contract/src/index.ts';

export class Feed {
  readonly #url: () => string;
  readonly #token: () => string;
  readonly #stop = new AbortController();
  readonly #events: EventEnvelope[] = [];
  readonly #listeners = new Set<() => void>();
  #broken: string | undefined;

  constructor(url: () => string, token: () => string) {
    this.#url = url;
    this.#token = token;
    void this.#follow();
  }

  get events(): readonly EventEnvelope[] {
    return this.#events;
  }

  close(): void {
    this.#stop.abort();
  }

  of(build: number): EventEnvelope[] {
    return this.#events.filter((event) => event.build === build);
  }

  /** Waits until `look` finds something; `explain` is asked for more when it takes too long. */
  async until<T>(
    what: string,
    look: (events: readonly EventEnvelope[]) => T | undefined,
    ms: number,
    explain: () => string,
  ): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const over = (end: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(check);
        end();
      };
      const check = (): void => {
        const found = look(this.#events);
        if (this.#broken !== undefined) over(() => reject(new Error(this.#broken)));
        else if (found !== undefined) over(() => resolve(found));
      };
      const timer = setTimeout(
        () =>
          over(() => reject(new Error(`not within ${ms / 1000} s: ${what}\n${this.tail()}\n${explain()}`))),
        ms,
      );
      this.#listeners.add(check);
      check();
    });
  }

  tail(count = 25): string {
    const lines = this.#events
      .slice(-count)
      .map((one) => `${one.seq} ${one.type} ${one.subject} ${JSON.stringify(one.data).slice(0, 300)}`);
    return `--- the last events\n${lines.join('\n')}`;
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const after = this.#events.at(-1)?.seq ?? 0;
        const response = await fetch(`${this.#url()}/api/v1/events/stream?after=${after}`, {
          headers: { authorization: `Bearer ${this.#token()}` },
          signal: this.#stop.signal,
        });
        if (response.ok && response.body !== null) await this.#read(response.body);
      } catch {
        // No hub at the moment; the next round goes on after the last event seen.
      }
      await delay(30, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = '';
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) this.#take(JSON.parse(data) as EventEnvelope);
      }
      for (const listener of [...this.#listeners]) listener();
    }
  }

  #take(event: EventEnvelope): void {
    const last = this.#events.at(-1)?.seq ?? 0;
    if (event.seq !== last + 1) this.#broken ??= `after event ${last} came ${event.seq}\n${this.tail()}`;
    this.#events.push(event);
  }
}
