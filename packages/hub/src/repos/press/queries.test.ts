/** Every SQL statement of the press, run once. */
import { type Calls, testQueries } from '../../testing/queries.ts';
import { hash, run } from '../../testing/query-facts.ts';
import * as press from './queries.ts';

testQueries({
  press: [
    press,
    {
      copiesById: (tx) => press.copiesById(tx, [1]),
      builtFiles: (tx) => press.builtFiles(tx, [1]),
      membersOf: (tx) => press.membersOf(tx, [1]),
      membersNamed: (tx) => press.membersNamed(tx, [1], ['n']),
      fragments: (tx) => press.fragments(tx, [1]),
      keepFragments: (tx) =>
        press.keepFragments(tx, [
          { id: 1, digest: hash, bytes: Buffer.from('x'), says: hash, plain: 1, fileTime: 1, traits: [] },
        ]),
      extendedFilelists: (tx) => press.extendedFilelists(tx, [1]),
      keepExtended: (tx) => press.keepExtended(tx, [{ copy: 1, bytes: Buffer.from('x') }]),
      runsById: (tx) => press.runsById(tx, [1]),
      runsByKey: (tx) => press.runsByKey(tx, ['k']),
      insertRun: (tx) => press.insertRun(tx, run, [1]),
    } satisfies Calls<typeof press>,
  ],
});
