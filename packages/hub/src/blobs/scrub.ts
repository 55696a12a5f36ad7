/**
 * Reads all stored files again, slowly, and compares them with what they should be.
 *
 * Invariant: a round passes every file that was there when it began, goes on where it was after a restart, and is fast
 * enough to be over in its time, or as fast as it may be. What is found damaged is given to nobody from then on, is told
 * of with what it is part of, and is made or fetched again where somebody can; it is looked at again until it is whole.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hint, type Ledger, ledgerTime, log, tell } from '../ledger/index.ts';
import { advance, askRound, beginRound, findRound, type RoundFacts, roundOf } from './round-queries.ts';
import {
  bytesAfter,
  type DamagedRow,
  damagedBlobs,
  markDamaged,
  markWhole,
  partOf,
  type StoredRow,
  storedAfter,
} from './scrub-queries.ts';
import type { BlobStore } from './store.ts';
import type { Damage } from './verify.ts';

/** Brings a damaged blob back, or makes that nobody needs it. @returns what was done, in words; null where it cannot be */
export type Repair = (sha256: string) => Promise<string | null>;

export interface ScrubOptions {
  /** In which a round is to be over. */
  days: number;
  /** Bytes a second at most; 0 reads nothing. */
  rate: number;
}

export interface ScrubStatus {
  round: RoundFacts | undefined;
  /** What is left of the round. */
  left: { blobs: number; bytes: number };
  damaged: (DamagedRow & { partOf: string[] })[];
}

/** How long one look goes on. */
const lookSeconds = 30;
const atOnce = 100;
const leastRate = 2 ** 20;
const damagedAtOnce = 100;

export class Scrub {
  readonly #ledger: Ledger;
  readonly #store: BlobStore;
  readonly #repairs: readonly Repair[];
  readonly #options: ScrubOptions;
  readonly #end = new AbortController();

  constructor(ledger: Ledger, store: BlobStore, repairs: readonly Repair[], options: ScrubOptions) {
    this.#ledger = ledger;
    this.#store = store;
    this.#repairs = repairs;
    this.#options = options;
  }

  /** Reads for a while. */
  async look(seconds = lookSeconds): Promise<void> {
    await this.#lookAgain();
    const round = this.#options.rate === 0 ? undefined : await this.#due();
    if (round === undefined) return;
    const pace = new Pace(await this.#rate(round), this.#end.signal);
    let place = round.place;
    while (!pace.over(seconds)) {
      const list = await storedAfter(this.#ledger.read, place, atOnce);
      for (const blob of list) {
        if (pace.over(seconds)) break;
        const before = pace.bytes;
        await this.#check(blob, pace);
        if (this.#end.signal.aborted) return;
        if (!(await this.#advance(place, blob.id, pace.bytes - before))) return;
        place = blob.id;
      }
      if (list.length === 0) {
        await this.#advance(place, null, 0);
        return;
      }
    }
  }

  /** Begins a round now, as fast as it may be. */
  async ask(): Promise<void> {
    await roundOf(this.#ledger.read, 'scrub');
    await beginRound(this.#ledger.read, 'scrub');
    await askRound(this.#ledger.read, 'scrub');
  }

  async status(): Promise<ScrubStatus> {
    const { read } = this.#ledger;
    const round = await findRound(read, 'scrub');
    const damaged = await damagedBlobs(read, damagedAtOnce);
    return {
      round,
      left:
        round === undefined || round.endedAt !== null
          ? { blobs: 0, bytes: 0 }
          : await bytesAfter(read, round.place),
      damaged: await Promise.all(
        damaged.map(async (one) => ({ ...one, partOf: await partOf(read, one.sha256) })),
      ),
    };
  }

  /** What is under way is left as it is. */
  stop(): void {
    this.#end.abort();
  }

  /** The round that is under way, or a new one where its time has come. */
  async #due(): Promise<RoundFacts | undefined> {
    const { read } = this.#ledger;
    const round = await roundOf(read, 'scrub');
    if (round.endedAt === null) return round;
    const age = (await ledgerTime(read)).getTime() - round.beganAt.getTime();
    if (age < this.#options.days * 86_400_000) return undefined;
    await beginRound(read, 'scrub');
    return await roundOf(read, 'scrub');
  }

  /** Bytes a second. */
  async #rate({ asked, beganAt, place }: RoundFacts): Promise<number> {
    const { rate, days } = this.#options;
    if (asked) return rate;
    const now = await ledgerTime(this.#ledger.read);
    const left = (beganAt.getTime() - now.getTime()) / 1000 + days * 86_400;
    const { bytes } = await bytesAfter(this.#ledger.read, place);
    // Half as fast again as it must be, since a hub also stands still at times.
    return Math.min(rate, Math.max(leastRate, (1.5 * bytes) / Math.max(left, 3600)));
  }

  /** @returns false where another hub has gone on with the round */
  async #advance(from: number, to: number | null, bytes: number): Promise<boolean> {
    return await advance(this.#ledger.read, 'scrub', from, { to, seen: to === null ? 0 : 1, bytes });
  }

  async #check({ sha256, size }: StoredRow, pace: Pace): Promise<void> {
    const damage = await this.#verify(sha256, size, pace);
    if (damage === null || damage === 'unknown') return;
    const marked = await this.#ledger.tx('blobs.damaged', async (tx) => {
      // Deleted in the meantime.
      if (!(await markDamaged(tx, sha256, damage))) return false;
      tell(tx, {
        type: 'blob.damaged',
        subject: `blob:${sha256}`,
        actor: 'hub',
        data: { damage, size, partOf: await partOf(tx, sha256) },
      });
      hint(tx, 'damaged');
      return true;
    });
    if (marked) await this.#repair(sha256, damage);
  }

  /** One that cannot be looked at must not keep all others from being read. @returns null where it is whole */
  async #verify(sha256: string, size: number, pace: Pace): Promise<Damage | 'unknown' | null> {
    try {
      return await this.#store.verify(sha256, size, (bytes) => pace.read(bytes));
    } catch (error) {
      if (!this.#end.signal.aborted)
        log('warn', 'a file could not be scrubbed', { sha256, error: String(error) });
      return 'unknown';
    }
  }

  async #repair(sha256: string, damage: Damage): Promise<void> {
    for (const repair of this.#repairs) {
      const done = await repair(sha256).catch((error: unknown) => {
        log('warn', 'a damaged file could not be repaired', { sha256, error: String(error) });
        return null;
      });
      if (done === null) continue;
      await this.#ledger.tx('blobs.repaired', async (tx) => {
        tell(tx, { type: 'blob.repaired', subject: `blob:${sha256}`, actor: 'hub', data: { done } });
        hint(tx, 'damaged');
      });
      log('warn', 'a file was damaged and is repaired', { sha256, damage, done });
      return;
    }
    log('error', 'a file is damaged; moromi scrub --status says what it is part of', { sha256, damage });
  }

  /** What was damaged may be whole: somebody has put it again, or an administrator has. */
  async #lookAgain(): Promise<void> {
    const pace = new Pace(this.#options.rate === 0 ? leastRate : this.#options.rate, this.#end.signal);
    for (const { sha256, size } of await damagedBlobs(this.#ledger.read, damagedAtOnce)) {
      if ((await this.#verify(sha256, size, pace)) !== null) continue;
      await this.#ledger.tx('blobs.repaired', async (tx) => {
        if (!(await markWhole(tx, sha256))) return;
        const data = { done: 'the file is there again' };
        tell(tx, { type: 'blob.repaired', subject: `blob:${sha256}`, actor: 'hub', data });
        hint(tx, 'damaged');
      });
    }
  }
}

/** Lets so many bytes pass in a second. */
class Pace {
  bytes = 0;
  readonly #rate: number;
  readonly #end: AbortSignal;
  readonly #began = performance.now();

  constructor(rate: number, end: AbortSignal) {
    this.#rate = rate;
    this.#end = end;
  }

  over(seconds: number): boolean {
    return this.#end.aborted || this.#elapsed() >= seconds;
  }

  async read(bytes: number): Promise<void> {
    this.bytes += bytes;
    const ahead = this.bytes / this.#rate - this.#elapsed();
    if (ahead > 0.01) await delay(ahead * 1000, undefined, { signal: this.#end });
  }

  #elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }
}
