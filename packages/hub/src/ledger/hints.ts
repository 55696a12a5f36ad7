/**
 * Hints: "look sooner". They wake whoever waits for something, here and at the other hubs.
 *
 * Invariant: a hint carries no truth. Whoever is woken reads the ledger; whoever is not reads it within a second all
 * the same, because every waiter is also woken by the sweep. Hints are sent after the commit, gathered, over one
 * connection of their own, so a pooler in transaction mode in front of the database does no harm.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { log } from './log.ts';

const channel = 'moromi';
const sweepMs = 1000;
/** NOTIFY's payload may have 8,000 bytes. */
const payloadLimit = 7000;

export class Hints {
  readonly #connection: pg.PoolConfig;
  readonly #emitter = new EventEmitter();
  /** Tells its own hints from others'; process ids repeat between machines and containers. */
  readonly #name = randomUUID();
  #client: pg.Client | undefined;
  #reconnecting = false;
  #pending = new Set<string>();
  #flushing = false;
  #stopped = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(connection: pg.PoolConfig) {
    this.#connection = connection;
    this.#emitter.setMaxListeners(0);
  }

  async start(): Promise<void> {
    this.#sweep = setInterval(() => this.#emitter.emit('sweep'), sweepMs);
    await this.#connect();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#sweep);
    await this.#client?.end().catch(() => {});
  }

  /** Wakes local waiters now and those of other hubs shortly after. */
  send(what: Set<string>): void {
    if (what.size === 0) return;
    for (const one of what) {
      this.#emitter.emit(one);
      this.#pending.add(one);
    }
    void this.#flush();
  }

  /** Calls `look` at each hint of `what`, and `sweep` at each sweep. @returns a function that ends it */
  on(what: string, look: () => void, sweep = look): () => void {
    this.#emitter.on(what, look);
    this.#emitter.on('sweep', sweep);
    return () => {
      this.#emitter.off(what, look);
      this.#emitter.off('sweep', sweep);
    };
  }

  async #flush(): Promise<void> {
    if (this.#flushing || this.#client === undefined) return;
    this.#flushing = true;
    try {
      while (this.#pending.size > 0 && this.#client !== undefined) {
        const list: string[] = [];
        let length = 0;
        for (const one of this.#pending) {
          length += one.length + 1;
          if (length > payloadLimit) break;
          list.push(one);
          this.#pending.delete(one);
        }
        await this.#client.query('SELECT pg_notify($1, $2)', [channel, `${this.#name} ${list.join(' ')}`]);
      }
    } catch {
      // The sweep finds what this hint would have told.
    } finally {
      this.#flushing = false;
    }
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ ...this.#connection, application_name: 'moromi-hints' });
    client.on('error', () => this.#reconnect(client));
    client.on('end', () => this.#reconnect(client));
    client.on('notification', (message) => {
      const [sender, ...list] = (message.payload ?? '').split(' ');
      if (sender === this.#name) return;
      for (const one of list) this.#emitter.emit(one);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      if (this.#stopped) return await client.end();
      this.#client = client;
      void this.#flush();
    } catch (error) {
      log('debug', 'no connection for hints', { error: String(error) });
      this.#reconnect(client);
    }
  }

  #reconnect(client: pg.Client): void {
    if (this.#client !== client && this.#client !== undefined) return;
    this.#client = undefined;
    client.removeAllListeners('end');
    // A connection that dies says so more than once.
    if (this.#stopped || this.#reconnecting) return;
    this.#reconnecting = true;
    void delay(500).then(() => {
      this.#reconnecting = false;
      if (!this.#stopped && this.#client === undefined) return this.#connect();
    });
  }
}
