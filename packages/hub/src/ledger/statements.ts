/**
 * Statements that the database parses and plans once per connection: that is most of the time of a short one.
 *
 * Invariant: none is prepared behind a pooler, which may give each transaction another session. A pooler shows itself:
 * the process id that a client is told when it connects is not the one of the session that then answers.
 */
import type { PostgresPool } from 'kysely';
import type pg from 'pg';

type PoolClient = Awaited<ReturnType<PostgresPool['connect']>>;

/** Lists are filtered in many ways, and each way is a text of its own; beyond this many a text is not prepared. */
const most = 500;

/** The beginning and the end of a transaction have no plan. */
const plannable = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i;

export class Statements {
  readonly #names = new Map<string, string>();
  readonly #wrapped = new WeakMap<pg.PoolClient, PoolClient>();
  /** Sessions that plan a statement once. */
  readonly #planning = new WeakSet<pg.PoolClient>();
  #direct = false;

  /** Looks whether there is a pooler; until then nothing is prepared. */
  async look(pool: pg.Pool): Promise<void> {
    const client = await pool.connect();
    try {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      this.#direct = (client as { processID?: number | null }).processID === rows[0]?.pid;
    } finally {
      client.release();
    }
  }

  /** The pool as Kysely wants it. */
  over(pool: pg.Pool): PostgresPool {
    return {
      options: pool.options,
      end: () => pool.end(),
      connect: async () => {
        const client = await pool.connect();
        await this.#keepPlans(client);
        return this.#wrap(client);
      },
    };
  }

  /**
   * Left to itself PostgreSQL plans most of them anew each time, because a list of one looks cheaper than its guess; and
   * it gives the one long statement among them all cores, for which all the short ones then wait.
   */
  async #keepPlans(client: pg.PoolClient): Promise<void> {
    if (!this.#direct || this.#planning.has(client)) return;
    try {
      await client.query(
        `SET plan_cache_mode = force_generic_plan; SET max_parallel_workers_per_gather = 0; SET jit = off`,
      );
      this.#planning.add(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  #wrap(client: pg.PoolClient): PoolClient {
    const known = this.#wrapped.get(client);
    if (known !== undefined) return known;
    const query = (text: string, values: readonly unknown[]): Promise<unknown> => {
      const name = plannable.test(text) ? this.#nameOf(text) : undefined;
      return client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    };
    const wrapped: PoolClient = {
      // Kysely's other form of a query, with a cursor, is used nowhere here.
      query: query as PoolClient['query'],
      release: (destroy) => client.release(destroy),
    };
    this.#wrapped.set(client, wrapped);
    return wrapped;
  }

  #nameOf(text: string): string | undefined {
    if (!this.#direct) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= most) return known;
    const name = `moromi_${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
