/** Every SQL statement of blobs, and of what is kept, for how long, and whether it is whole, run once. */
import * as blobLife from '../../blobs/life-queries.ts';
import * as blobs from '../../blobs/queries.ts';
import * as rounds from '../../blobs/round-queries.ts';
import * as scrubs from '../../blobs/scrub-queries.ts';
import { type Calls, testQueries } from '../../testing/queries.ts';
import { hash, upload } from '../../testing/query-facts.ts';
import * as remakes from '../press/remake-queries.ts';
import * as holds from './hold-queries.ts';
import * as retention from './queries.ts';

testQueries({
  blobs: [
    blobs,
    {
      insertBlob: (tx) => blobs.insertBlob(tx, hash, 1),
      blobSize: (tx) => blobs.blobSize(tx, hash),
      missingBlobs: (tx) => blobs.missingBlobs(tx, [{ sha256: hash, size: 1 }]),
      insertUpload: (tx) => blobs.insertUpload(tx, upload),
      findUpload: (tx) => blobs.findUpload(tx, 'u'),
      listParts: (tx) => blobs.listParts(tx, 'u'),
      insertPart: async (tx) => {
        await blobs.insertUpload(tx, upload);
        return await blobs.insertPart(tx, 'u', { part: 0, size: 1, sha256: hash });
      },
      finishUpload: (tx) => blobs.finishUpload(tx, upload),
      staleUploads: (tx) => blobs.staleUploads(tx),
      deleteUpload: (tx) => blobs.deleteUpload(tx, 'u'),
      wantBlob: (tx) => blobs.wantBlob(tx, hash, 1),
      insertSplice: async (tx) => {
        await blobs.insertBlob(tx, hash, 1);
        await blobs.insertSplice(tx, 'b'.repeat(64), 1, [{ sha256: hash, start: 0, length: 1 }]);
      },
      findBlob: (tx) => blobs.findBlob(tx, hash),
    } satisfies Calls<typeof blobs>,
  ],
  'the life of blobs': [
    blobLife,
    {
      unusedBlobs: (tx) => blobLife.unusedBlobs(tx, 0, 0, 9),
      condemn: (tx) => blobLife.condemn(tx, [1, 2], 0),
      deleteCondemned: (tx) => blobLife.deleteCondemned(tx, 0, 9),
      condemnedBlobs: (tx) => blobLife.condemnedBlobs(tx),
      strangers: (tx) => blobLife.strangers(tx, [hash]),
    } satisfies Calls<typeof blobLife>,
  ],
  rounds: [
    rounds,
    {
      findRound: (tx) => rounds.findRound(tx, 'r'),
      roundOf: (tx) => rounds.roundOf(tx, 'r'),
      advance: async (tx) => [
        await rounds.advance(tx, 'r', 0, { to: 3, seen: 1, bytes: 2 }),
        await rounds.advance(tx, 'r', 3, { to: null }),
      ],
      beginRound: (tx) => rounds.beginRound(tx, 'r'),
      askRound: (tx) => rounds.askRound(tx, 'r'),
    } satisfies Calls<typeof rounds>,
  ],
  scrubbing: [
    scrubs,
    {
      storedAfter: (tx) => scrubs.storedAfter(tx, 0, 9),
      bytesAfter: (tx) => scrubs.bytesAfter(tx, 0),
      markDamaged: (tx) => scrubs.markDamaged(tx, hash, 'size'),
      markWhole: (tx) => scrubs.markWhole(tx, hash),
      damagedBlobs: (tx) => scrubs.damagedBlobs(tx, 9),
      partOf: (tx) => scrubs.partOf(tx, hash),
    } satisfies Calls<typeof scrubs>,
  ],
  retention: [
    retention,
    {
      agingRepos: (tx) => retention.agingRepos(tx, 0, 1, 9),
      lockRepo: (tx) => retention.lockRepo(tx, 1),
      expirable: (tx) => retention.expirable(tx, 1, { revisions: 1, hours: 1 }, 9),
      expire: (tx) => retention.expire(tx, [1]),
      lockRevisions: (tx) => retention.lockRevisions(tx, [1]),
      isGiven: (tx) => retention.isGiven(tx, 1),
      dropExpired: (tx) => retention.dropExpired(tx, 0, 9),
      isToDrop: (tx) => retention.isToDrop(tx, 1),
      unusedRuns: (tx) => retention.unusedRuns(tx, 0, 9),
      markIdle: (tx) => retention.markIdle(tx, [1]),
      isIdle: (tx) => retention.isIdle(tx, 1),
      dropIdleRuns: (tx) => retention.dropIdleRuns(tx, 0, 9),
      holdRuns: (tx) => retention.holdRuns(tx, 1, [1, 2]),
    } satisfies Calls<typeof retention>,
  ],
  holds: [
    holds,
    {
      insertHold: (tx) => holds.insertHold(tx, { revision: 1, holder: 'h', why: 'w', seconds: 5 }),
      findHold: (tx) => holds.findHold(tx, 1),
      deleteHold: (tx) => holds.deleteHold(tx, 1),
      listHolds: (tx) => holds.listHolds(tx, 0, 9),
      holdsOf: (tx) => holds.holdsOf(tx, [1]),
      endedHolds: (tx) => holds.endedHolds(tx, 9),
      findRevision: async (tx) => [
        await holds.findRevision(tx, 'build', 'f1', 1),
        await holds.findRevision(tx, 'dist', 'f1', 1),
      ],
    } satisfies Calls<typeof holds>,
  ],
  'making metadata again': [
    remakes,
    {
      runsInBlob: (tx) => remakes.runsInBlob(tx, hash),
      documentsOfBlob: (tx) => remakes.documentsOfBlob(tx, hash),
    } satisfies Calls<typeof remakes>,
  ],
});
