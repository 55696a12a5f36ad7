/**
 * The door to the one truth: transactions, and what is told once they are committed.
 *
 * Invariant: a state change, its event and the task that follows from it are written through one `tx`. Nothing in a
 * transaction waits for the network or for files. Hints and event numbering happen after the commit and may be lost;
 * the sweep makes good for that within a second.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@moromi/contract';
import { point } from '@moromi/faults';
import { Kysely, PostgresDialect, type RawBuilder, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { Hints } from './hints.ts';
import { log } from './log.ts';
import { migrate } from './migrate.ts';
import type { NewEvent } from './new-event.ts';
import { insertEvents, numberEvents } from './queries.ts';
import { Statements } from './statements.ts';

// biome-ignore lint/complexity/noBannedTypes: Kysely's word for "no table is known by type"; rows are typed per query.
type NoTables = {};
export type Tx = Transaction<NoTables> & { readonly told: Told };
export type Reader = Kysely<NoTables>;

/** What happened in a transaction, to be told after its commit. */
interface Told {
  events: NewEvent[];
  hints: Set<string>;
}

pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const connectionTrouble = new Set([
  '57P01',
  '57P02',
  '57P03',
  '08006',
  '08003',
  '08001',
  '53300',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
]);
/** Text that PostgreSQL does not keep, such as NUL in an address. */
const unkeepable = new Map([
  ['22021', 'it has characters that are not text'],
  ['22P05', 'it has characters that are not text'],
  ['22007', 'it has a time that there is none of'],
  ['22008', 'it has a time that there is none of'],
]);
const collisions = new Set(['40001', '40P01']);
/** Two transactions told of one subject at once; the later one looks again and takes the next version. */
const eventCollision = 'events_subject_version_key';
/** One claim, repeated at two hubs at once; the later one looks again and finds the lease. */
const claimCollision = 'task_attempts_claim';

/** Events that are committed within this time are numbered together, after what somebody waits for more. */
const gatheringMs = 5;

export interface LedgerOptions {
  connection: pg.PoolConfig;
  /** Connections to the database at most. */
  poolSize?: number;
}

export class Ledger {
  readonly read: Reader;
  readonly hints: Hints;
  readonly #pool: pg.Pool;
  readonly #statements = new Statements();
  #numbering: Promise<void> | undefined;
  #unnumbered = false;

  private constructor(options: LedgerOptions) {
    this.#pool = new pg.Pool({
      ...options.connection,
      max: options.poolSize ?? 20,
      application_name: 'moromi-hub',
      connectionTimeoutMillis: 5000,
    });
    this.#pool.on('error', (error) =>
      log('warn', 'a database connection was lost', { error: error.message }),
    );
    // The pool listens to idle connections only; one that is lost in use would end the process.
    this.#pool.on('connect', (client) => client.on('error', () => {}));
    this.read = new Kysely<NoTables>({
      dialect: new PostgresDialect({ pool: this.#statements.over(this.#pool) }),
    });
    this.hints = new Hints(options.connection);
  }

  static async open(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options);
    await migrate(ledger.read);
    await ledger.#statements.look(ledger.#pool);
    await ledger.hints.start();
    return ledger;
  }

  /**
   * One transaction. `work` may run again from its start after a collision with another, so it must change nothing
   * but the ledger.
   */
  async tx<T>(name: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let round = 1; ; round++) {
      const told: Told = { events: [], hints: new Set() };
      try {
        const value = await this.read.transaction().execute(async (plain) => {
          const tx = Object.assign(plain, { told });
          const result = await work(tx);
          if (told.events.length > 0) await insertEvents(tx, told.events);
          point(`ledger.${name}:before`);
          return result;
        });
        point(`ledger.${name}:after`);
        if (told.events.length > 0) this.number();
        this.hints.send(told.hints);
        return value;
      } catch (error) {
        if (!isCollision(error) || round >= 8) throw asProblem(error);
      }
    }
  }

  /** Gives committed events their numbers, soon; at most one run at a time in this hub, and one in all hubs. */
  number(): void {
    this.#unnumbered = true;
    this.#numbering ??= this.#number().finally(() => {
      this.#numbering = undefined;
      if (this.#unnumbered) this.number();
    });
  }

  async #number(): Promise<void> {
    await delay(gatheringMs);
    this.#unnumbered = false;
    try {
      const last = await this.read.transaction().execute(async (tx) => {
        const numbered = await numberEvents(tx);
        if (numbered !== undefined) point('ledger.number:before');
        return numbered;
      });
      if (last === undefined) return;
      point('ledger.number:after');
      this.hints.send(new Set(['events']));
    } catch (error) {
      log('debug', 'events could not be numbered now; the sweep will', { error: String(error) });
    }
  }

  async close(): Promise<void> {
    await this.hints.stop();
    while (this.#numbering !== undefined) await this.#numbering;
    await this.read.destroy();
  }
}

/** For a thread beside the hub, which reads much; it has no hints and tells of nothing. */
export function openReader(connection: pg.PoolConfig, poolSize: number): { read: Reader } {
  const pool = new pg.Pool({
    ...connection,
    max: poolSize,
    application_name: 'moromi-press',
    connectionTimeoutMillis: 5000,
  });
  pool.on('error', (error) => log('warn', 'a database connection was lost', { error: error.message }));
  pool.on('connect', (client) => client.on('error', () => {}));
  return { read: new Kysely<NoTables>({ dialect: new PostgresDialect({ pool }) }) };
}

/** Writes an event with the change that it tells of. */
export function tell(tx: Tx, event: NewEvent): void {
  tx.told.events.push(event);
}

/** Lets everybody who waits for `what` look, once this transaction is committed. */
export function hint(tx: Tx, what: string): void {
  tx.told.hints.add(what);
}

/** Runs a query and returns its rows. */
export async function rows<Row>(tx: Reader, query: RawBuilder<Row>): Promise<Row[]> {
  return (await query.execute(tx)).rows;
}

/** Runs a query that gives one row at most. */
export async function row<Row>(tx: Reader, query: RawBuilder<Row>): Promise<Row | undefined> {
  return (await query.execute(tx)).rows[0];
}

/** How many rows a statement changed. */
export async function changed(tx: Reader, query: RawBuilder<unknown>): Promise<number> {
  return Number((await query.execute(tx)).numAffectedRows ?? 0n);
}

function isUniqueViolation(error: unknown, constraint: string): boolean {
  return codeOf(error) === '23505' && (error as { constraint?: string }).constraint === constraint;
}

/** The clock of the ledger, read on its own; inside queries use `ledger_now()`. */
export async function ledgerTime(tx: Reader): Promise<Date> {
  const found = await row(tx, sql<{ at: Date }>`SELECT ledger_now() AS at`);
  if (found === undefined) throw new Error('the ledger has no clock');
  return found.at;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Two transactions stood in each other's way; the one that is told so may begin again. */
export function isCollision(error: unknown): boolean {
  return (
    collisions.has(codeOf(error)) ||
    isUniqueViolation(error, eventCollision) ||
    isUniqueViolation(error, claimCollision)
  );
}

/** A database that is away is a state of the system and not a defect. */
export function asProblem(error: unknown): unknown {
  const lost =
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|the database system is|not queryable|driver has already been destroyed/.test(
      error.message,
    );
  if (lost || connectionTrouble.has(codeOf(error))) return new Problem('ledger_unavailable', undefined, {});
  const why = unkeepable.get(codeOf(error));
  return why === undefined ? error : new Problem('bad_request', why);
}
