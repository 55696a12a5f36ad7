/**
 * How blobs leave.
 *
 * Invariant: nothing names a blob that is not there, at any instant, whatever is killed. A row goes before its file, as it
 * came after it.
 *
 * The life of a blob: live → condemned → deleted.
 * - Who puts a file (`put`, `join`) leaves a young one, and afterwards writes its row or finds it (`insertBlob`), which
 *   wants it anew: a pin that expires after the grace time. So does who asks whether a file is here (`wantBlob`).
 * - Who names a blob anywhere in the ledger locks its row in the same statement, by a trigger (`hold_blobs`), and makes it
 *   live again where it was condemned. Where the row is gone it fails, and begins anew with the file.
 * - A blob that nobody has wanted for the grace time and that nothing names is condemned: its row is locked against all
 *   who would name it, and what names it is asked under that lock. A row that somebody has locked is passed over.
 * - An hour later it is asked again under the lock, and the row is deleted. Then the file goes, if it is not young: if
 *   somebody has put it again meanwhile, its row may be about to be written (`disposal.ts`).
 * - A file without a row, which a crash left between the two, goes when it is not young any more; so does half a file.
 *
 * All of it goes in batches, of which the looks lock nothing and none waits for anybody. Of 200,000 blobs with a million
 * parts a thousand are looked at in some 80 ms, on a machine with ten times the work that it has processors for.
 */
import { type Ledger, log, tell } from '../ledger/index.ts';
import {
  type Candidate,
  condemn,
  condemnedBlobs,
  deleteCondemned,
  strangers,
  unusedBlobs,
} from './life-queries.ts';
import { advance, roundOf } from './round-queries.ts';
import type { BlobStore } from './store.ts';

/** Between the first look and the last. */
const condemnedHours = 1;
const looksAtOnce = 1000;
/** Whoever names one of them waits for as long as so many take. */
const condemnsAtOnce = 200;
const deletesAtOnce = 200;
const prefixes = 256;

export interface Amount {
  blobs: number;
  /** Of files. */
  bytes: number;
}

export interface Collected {
  /** Nothing names them and nobody wants them: on their way out from now on, or they would be. */
  condemned: Amount;
  /** On their way out since before. */
  waiting: Amount;
  deleted: Amount;
  /** Files without a row. */
  strays: Amount;
}

export class BlobLife {
  readonly #ledger: Ledger;
  readonly #store: BlobStore;
  readonly #graceHours: number;

  /** @param graceHours for which a blob stays that somebody has wanted, and a file that somebody has put */
  constructor(ledger: Ledger, store: BlobStore, graceHours: number) {
    this.#ledger = ledger;
    this.#store = store;
    this.#graceHours = graceHours;
  }

  /** One batch of each. */
  async look(): Promise<void> {
    await this.#condemnNext();
    await this.#delete();
    await this.#strayNext();
  }

  /** All of it now, or what all of it would be. */
  async collect(dry: boolean): Promise<Collected> {
    const waiting = await condemnedBlobs(this.#ledger.read);
    const condemned = { blobs: 0, bytes: 0 };
    for (let after = 0; ; ) {
      const { last, count, unused } = await unusedBlobs(
        this.#ledger.read,
        after,
        this.#graceHours,
        looksAtOnce,
      );
      add(condemned, dry ? amountOf(unused) : await this.#condemn(unused));
      after = last;
      if (count < looksAtOnce) break;
    }
    const deleted = { blobs: 0, bytes: 0 };
    for (let more = !dry; more; ) {
      const gone = await this.#delete();
      add(deleted, gone);
      more = gone.blobs > 0;
    }
    const strays = { blobs: 0, bytes: 0 };
    for (let prefix = 0; prefix < prefixes; prefix++) add(strays, await this.#strays(prefix, dry));
    if (!dry) await this.#store.removeHalves();
    return { condemned, waiting, deleted, strays };
  }

  async #condemnNext(): Promise<void> {
    const { read } = this.#ledger;
    const { place } = await roundOf(read, 'blobs');
    const { last, count, unused } = await unusedBlobs(read, place, this.#graceHours, looksAtOnce);
    await this.#condemn(unused);
    await advance(read, 'blobs', place, { to: count < looksAtOnce ? null : last, seen: count });
  }

  async #condemn(list: readonly Candidate[]): Promise<Amount> {
    const sum = { blobs: 0, bytes: 0 };
    for (let from = 0; from < list.length; from += condemnsAtOnce) {
      const ids = list.slice(from, from + condemnsAtOnce).map((one) => one.id);
      add(sum, await this.#ledger.tx('blobs.condemn', (tx) => condemn(tx, ids, this.#graceHours)));
    }
    return sum;
  }

  async #delete(): Promise<Amount> {
    if ((await condemnedBlobs(this.#ledger.read)).blobs === 0) return { blobs: 0, bytes: 0 };
    const gone = await this.#ledger.tx('blobs.delete', async (tx) => {
      const deleted = await deleteCondemned(tx, condemnedHours, deletesAtOnce);
      const { blobs, bytes, files } = deleted;
      if (blobs > 0)
        tell(tx, {
          type: 'blobs.deleted',
          subject: 'blobs',
          actor: 'hub',
          data: { blobs, bytes, files: files.length, first: files.slice(0, 20) },
        });
      return deleted;
    });
    if (gone.files.length > 0) await this.#store.remove(gone.files, this.#graceMs());
    if (gone.blobs > 0) log('debug', 'blobs were deleted', { blobs: gone.blobs, bytes: gone.bytes });
    return { blobs: gone.blobs, bytes: gone.bytes };
  }

  async #strayNext(): Promise<void> {
    const { read } = this.#ledger;
    const { place } = await roundOf(read, 'strays');
    await this.#strays(place, false);
    if (place === 0) await this.#store.removeHalves();
    await advance(read, 'strays', place, { to: place + 1 >= prefixes ? null : place + 1, seen: 1 });
  }

  async #strays(prefix: number, dry: boolean): Promise<Amount> {
    const idle = await this.#store.idle(prefix.toString(16).padStart(2, '0'), this.#graceMs());
    if (idle.length === 0) return { blobs: 0, bytes: 0 };
    const names = new Set(
      await strangers(
        this.#ledger.read,
        idle.map((one) => one.sha256),
      ),
    );
    if (names.size === 0) return { blobs: 0, bytes: 0 };
    if (dry) return amountOf(idle.filter((one) => names.has(one.sha256)));
    const gone = amountOf(await this.#store.remove([...names], this.#graceMs()));
    if (gone.blobs > 0)
      await this.#ledger.tx('blobs.strays', async (tx) =>
        tell(tx, { type: 'blobs.strays-removed', subject: 'blobs', actor: 'hub', data: { ...gone } }),
      );
    return gone;
  }

  #graceMs(): number {
    return this.#graceHours * 3_600_000;
  }
}

function amountOf(list: readonly { size: number }[]): Amount {
  return { blobs: list.length, bytes: list.reduce((sum, one) => sum + one.size, 0) };
}

function add(sum: Amount, more: Amount): void {
  sum.blobs += more.blobs;
  sum.bytes += more.bytes;
}
