/**
 * The slots of a worker: a lease loop for each that it offers.
 *
 * Invariant: a slot's number belongs to one loop at a time, and its nonce to no other. A loop that is one too many ends
 * once it has nothing: its attempt, and a claim that may have brought a lease, are seen to their ends first.
 */
import type { WorkerOffer } from '@moromi/contract';
import { aborted } from './aborted.ts';
import type { Shop } from './attempt.ts';
import { LeaseLoop } from './lease-loop.ts';
import { Tally } from './tally.ts';

export class Slots {
  readonly tally: Tally;
  readonly #shop: Shop;
  readonly #failed: (error: unknown) => void;
  readonly #loops = new Map<number, { loop: LeaseLoop; over: Promise<void> }>();
  #offer: WorkerOffer;
  #noMore: AbortSignal | undefined;

  /** @param failed told of a defect in a slot, which has ended by it */
  constructor(shop: Shop, offer: WorkerOffer, failed: (error: unknown) => void) {
    this.#shop = shop;
    this.#offer = offer;
    this.#failed = failed;
    this.tally = new Tally(offer.slots);
  }

  /** Runs until the signal, and then until what was begun before it is finished. */
  async run(noMore: AbortSignal): Promise<void> {
    this.#noMore = noMore;
    this.#fill();
    await aborted(noMore);
    await Promise.all([...this.#loops.values()].map(({ over }) => over));
  }

  /** Offers this from now on. What runs goes on; claims that wait are repeated where they would ask for less or more. */
  renew(offer: WorkerOffer): void {
    this.#offer = offer;
    this.tally.slots = offer.slots;
    for (const [slot, { loop }] of this.#loops) loop.renew(offer, slot < offer.slots);
    this.#fill();
  }

  /** Ends all attempts that are under way. */
  stop(reason: Error): void {
    for (const { loop } of this.#loops.values()) loop.stop(reason);
  }

  #fill(): void {
    if (this.#noMore === undefined) return;
    for (let slot = 0; slot < this.#offer.slots && !this.#noMore.aborted; slot++)
      if (!this.#loops.has(slot)) this.#begin(slot, this.#noMore);
  }

  #begin(slot: number, noMore: AbortSignal): void {
    const loop = new LeaseLoop(this.#shop, slot, this.#offer, this.tally);
    const over = loop
      .run(noMore)
      .catch(this.#failed)
      .then(() => {
        this.#loops.delete(slot);
        // Wanted again while it was ending.
        this.#fill();
      });
    this.#loops.set(slot, { loop, over });
  }
}
