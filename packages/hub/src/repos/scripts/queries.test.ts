/** Every SQL statement of the programs that run after a revision, run once. */
import { type Calls, testQueries } from '../../testing/queries.ts';
import * as scripts from './queries.ts';

testQueries({
  scripts: [
    scripts,
    {
      dueRepos: (tx) => scripts.dueRepos(tx, 's', ['dist', 'build']),
      claimScript: (tx) => scripts.claimScript(tx, 's', { repo: 1, revision: 1 }, 'hub', 60),
      endScript: (tx) =>
        scripts.endScript(tx, 's', { repo: 1, revision: 1 }, 1, {
          ...{ state: 'waiting', waitSeconds: 10, code: 'c', message: 'm', output: '' },
        }),
      leasesOf: (tx) => scripts.leasesOf(tx, 'hub'),
      dropLeases: (tx) => scripts.dropLeases(tx, 'hub'),
      runAgain: async (tx) => [await scripts.runAgain(tx, 1, undefined), await scripts.runAgain(tx, 1, 's')],
      listScripts: async (tx) => [
        await scripts.listScripts(tx, undefined),
        await scripts.listScripts(tx, 'd'),
      ],
      reposNamed: (tx) => scripts.reposNamed(tx, 'd'),
    } satisfies Calls<typeof scripts>,
  ],
});
