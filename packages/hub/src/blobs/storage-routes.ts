/** The store over HTTP: what goes out of it, and whether it is whole. */
import { Problem, type ScrubStatus } from '@moromi/contract';
import type { Handlers } from '../ledger/index.ts';
import type { BlobLife } from './life.ts';
import type { Scrub } from './scrub.ts';

export function storageRoutes(
  life: BlobLife,
  scrub: Scrub,
  scrubs: boolean,
): Pick<Handlers, 'collectBlobs' | 'getScrub' | 'startScrub'> {
  return {
    collectBlobs: (call) => life.collect(call.body.dryRun === true),
    getScrub: () => shown(scrub),
    startScrub: async () => {
      if (!scrubs) throw new Problem('scrub_off');
      await scrub.ask();
      return await shown(scrub);
    },
  };
}

async function shown(scrub: Scrub): Promise<ScrubStatus> {
  const { round, left, damaged } = await scrub.status();
  return {
    round:
      round === undefined
        ? null
        : {
            beganAt: round.beganAt.toISOString(),
            endedAt: round.endedAt?.toISOString() ?? null,
            read: { blobs: round.seen, bytes: round.bytes },
            left,
            asked: round.asked,
          },
    damaged: damaged.map(({ id: _, damagedAt, ...one }) => ({ ...one, damagedAt: damagedAt.toISOString() })),
  };
}
