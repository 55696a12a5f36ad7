/** Every SQL statement of signing, run once. */
import { insertBlob } from '../blobs/index.ts';
import type { Tx } from '../ledger/index.ts';
import { type Calls, testQueries } from '../testing/queries.ts';
import { failure, hash } from '../testing/query-facts.ts';
import * as copies from './copy-queries.ts';
import * as keys from './key-queries.ts';
import * as signing from './queries.ts';
import * as shown from './shown-queries.ts';

const certified = {
  fingerprint: 'f',
  keyId: 'i',
  keyIds: ['i'],
  algorithm: 'rsa4096',
  armor: 'a',
  madeAt: new Date(0),
  expiresAt: new Date(1e15),
};
const key = {
  ...certified,
  name: 'k',
  state: 'active' as const,
  offline: false,
  backend: null,
  addedBy: 'a',
};
/** A key, the first one. */
async function keyOf(tx: Tx): Promise<number> {
  await keys.insertKey(tx, key);
  return (await keys.findKey(tx, { name: 'k' }))?.id ?? 0;
}
const want = { build: 1, tag: 1, form: 'header' as const };
const end = { state: 'failed' as const, signer: 's', failure, retrySeconds: 1 };

testQueries({
  signing: [
    signing,
    {
      takeLook: (tx) => signing.takeLook(tx, 9),
      structureChanged: (tx) => signing.structureChanged(tx, 1),
      uncoveredSince: (tx) => signing.uncoveredSince(tx, 1),
      taggedSince: (tx) => signing.taggedSince(tx, 1),
      insertWants: async (tx) => {
        const id = await keyOf(tx);
        return await signing.insertWants(tx, [
          { ...want, key: id, arches: null },
          { ...want, key: id, arches: ['x86_64'] },
        ]);
      },
      tagsOf: (tx) => signing.tagsOf(tx, [1]),
      wantAgain: async (tx) => signing.wantAgain(tx, [1], await keyOf(tx)),
      assignPairs: async (tx) => signing.assignPairs(tx, await keyOf(tx), [1], 1),
      keysWithDue: (tx) => signing.keysWithDue(tx),
      duePairs: async (tx) => signing.duePairs(tx, await keyOf(tx), 9),
      failDue: async (tx) => signing.failDue(tx, await keyOf(tx), failure),
      dueAgain: async (tx) => signing.dueAgain(tx, await keyOf(tx), 'key_expired'),
      openTasks: (tx) => signing.openTasks(tx, 'sign-f', 30),
      lockTasksOf: (tx) => signing.lockTasksOf(tx, 'sign-f'),
      itemsOfTask: (tx) => signing.itemsOfTask(tx, 1),
      itemsByName: (tx) => signing.itemsByName(tx, ['alpha-1-1.x86_64.rpm']),
      holdBuilds: (tx) => signing.holdBuilds(tx, 1),
      lockWaiting: async (tx) => signing.lockWaiting(tx, await keyOf(tx), [1]),
      lockForImport: async (tx) => signing.lockForImport(tx, await keyOf(tx), 1, 'header'),
      endPairs: async (tx) => signing.endPairs(tx, await keyOf(tx), [1], end),
      waitingOfTask: (tx) => signing.waitingOfTask(tx, 1),
      cancelPairs: async (tx) => signing.cancelPairs(tx, await keyOf(tx), failure),
      wholeBuilds: async (tx) => signing.wholeBuilds(tx, await keyOf(tx), [1]),
      finishPairs: async (tx) => [
        await signing.finishPairs(tx, { build: 1, key: await keyOf(tx) }, 'a', failure),
        await signing.finishPairs(tx, { build: 1 }, 'a', failure),
      ],
    } satisfies Calls<typeof signing>,
  ],
  'signing, as it is shown': [
    shown,
    {
      listPairs: (tx) =>
        shown.listPairs(tx, {
          state: 'waiting',
          key: 1,
          tag: 1,
          build: 1,
          rpm: 1,
          open: true,
          before: { rpm: 9, key: 9 },
          limit: 9,
        }),
      findRpm: (tx) => shown.findRpm(tx, 'alpha-1-1.x86_64'),
      copiesToPrune: (tx) => shown.copiesToPrune(tx, 1, [1]),
      dropCopies: (tx) => shown.dropCopies(tx, [99]),
    } satisfies Calls<typeof shown>,
  ],
  'signed copies': [
    copies,
    {
      addSignedCopy: async (tx) => {
        await insertBlob(tx, hash, 100);
        const front = { sha256: hash, start: 0, length: 100 };
        const [item] = await signing.itemsByName(tx, ['alpha-1-1.x86_64.rpm']);
        if (item === undefined) throw new Error('the stage has no package');
        const size = 100 + item.size - item.headerStart;
        const copy = { rpm: item.rpm, key: await keyOf(tx), front, sha256: 'b'.repeat(64), size };
        return await copies.addSignedCopy(tx, { ...copy, headerStart: 100, headerEnd: 200 });
      },
    } satisfies Calls<typeof copies>,
  ],
  keys: [
    keys,
    {
      findKey: async (tx) => [
        await keys.findKey(tx, { name: 'k' }),
        await keys.findKey(tx, { id: 1 }, 'share'),
        await keys.findKey(tx, { fingerprint: 'f' }, 'update'),
      ],
      keysByIds: (tx) => keys.keysByIds(tx, ['i']),
      listKeys: (tx) => keys.listKeys(tx, '', 9),
      insertKey: (tx) => keys.insertKey(tx, key),
      renewKey: async (tx) => keys.renewKey(tx, await keyOf(tx), certified),
      acceptKey: async (tx) => keys.acceptKey(tx, await keyOf(tx), 'n', true, 'a'),
      setBackend: async (tx) => keys.setBackend(tx, await keyOf(tx), 'gpg'),
      retireKey: async (tx) => {
        const id = await keyOf(tx);
        await keys.retireKey(tx, id, id);
      },
      markRevoked: async (tx) => keys.markRevoked(tx, await keyOf(tx), 'why'),
      usesOfKeys: async (tx) => keys.usesOfKeys(tx, [await keyOf(tx)]),
      sayings: async (tx) => [await keys.sayings(tx), await keys.sayings(tx, 1)],
      sayKey: async (tx) =>
        keys.sayKey(
          tx,
          { tag: 1, key: await keyOf(tx), form: 'header+payload', arches: ['src'], rpm: '4.11' },
          1,
        ),
      unsayKey: async (tx) => [
        await keys.unsayKey(tx, 1, null, 1),
        await keys.unsayKey(tx, 1, undefined, 1),
        await keys.unsayKey(tx, 1, 1, 1),
      ],
    } satisfies Calls<typeof keys>,
  ],
});
