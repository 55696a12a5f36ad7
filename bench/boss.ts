/**
 * The peer of `lease`: pg-boss on the same PostgreSQL, over connections of its own from the same driver.
 *
 * It is given one queue and jobs of one priority, and does a part of the work: no HTTP between worker and queue, no
 * event of a change, no matching of tasks to workers, no shares between owners and no order for the worker to follow.
 * What it does have is skip-locked fetching, expiry of its jobs, and a fence by the number of the try.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { held, type Paced, pace } from './pace.ts';
import type { World } from './world.ts';

export const bossName = 'pg-boss 12.35, fetch (no HTTP, events, matching or shares)';

/** As many as the hub has. */
const connections = 20;
const queue = 'bench';

export class Boss implements AsyncDisposable {
  readonly #boss: PgBoss;
  #busy = 0;
  holdMs = 1000;

  private constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  static async start({ database }: World): Promise<Boss> {
    const { host = '', port = 0, user = '', database: name = '' } = database;
    const boss = new PgBoss({
      ...{ host, port, user, password: String(database.password), database: name },
      max: connections,
      // Its sweeps are for what goes wrong; nothing does here.
      supervise: false,
      schedule: false,
    });
    boss.on('error', (error) => console.error(`pg-boss: ${String(error)}`));
    await boss.start();
    await boss.createQueue(queue);
    return new Boss(boss);
  }

  /** Adds waiting jobs. */
  async fill(count: number): Promise<void> {
    for (let from = 0; from < count; from += 5000) {
      const some = Math.min(5000, count - from);
      await this.#boss.insert(
        queue,
        Array.from({ length: some }, (_, n) => ({ data: { n: from + n } })),
      );
    }
    await this.#boss.getDb().executeSql('VACUUM ANALYZE');
  }

  seize = (): Promise<void> => {
    const job = this.#fetch();
    void job.then((one) => this.#work(one));
    return job.then(() => {});
  };

  /** So many at one moment. @returns milliseconds until the last has its job */
  async burst(count: number): Promise<number> {
    const at = performance.now();
    await Promise.all(Array.from({ length: count }, this.seize));
    return performance.now() - at;
  }

  async rest(): Promise<void> {
    while (this.#busy > 0) await delay(20);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  async #fetch(): Promise<{ id: string; retryCount: number }> {
    this.#busy++;
    const [job] = await this.#boss.fetch<object>(queue);
    if (job === undefined) throw new Error('pg-boss has no more jobs');
    return job;
  }

  async #work(job: { id: string; retryCount: number }): Promise<void> {
    await delay(this.holdMs * (0.8 + Math.random() * 0.4));
    await this.#boss.complete(queue, job);
    this.#busy--;
  }
}

/** The greatest of the rates that it holds. */
export async function bossRate(boss: Boss, rates: readonly number[], seconds: number, limitMs: number) {
  let best: Paced | undefined;
  for (const rate of rates) {
    const run = await pace(rate, seconds, 5, boss.seize);
    await boss.rest();
    if (!held(run, limitMs)) break;
    best = run;
  }
  return best;
}
