/** Every SQL statement about platforms, flavours and the git catalogue, run once. */
import * as bundles from '../catalog/bundle-queries.ts';
import * as governed from '../catalog/git-queries.ts';
import { type Calls, testQueries } from '../testing/queries.ts';
import * as git from './git/queries.ts';

const words = { settings: {}, priority: 20 };
const bundle = { kind: 'flavour', name: 'fl', tag: 1, words, governor: null } as const;
const commit = 'a'.repeat(40);
const source = { url: 'https://git.example/c', branch: 'main', folder: '', everyMinutes: 5 };

testQueries({
  bundles: [
    bundles,
    {
      putBundle: (tx) => bundles.putBundle(tx, bundle, 1),
      endBundle: (tx) => bundles.endBundle(tx, 'flavour', 'fl', 2),
      findBundle: async (tx) => [
        await bundles.putBundle(tx, bundle, 1),
        await bundles.findBundle(tx, 'flavour', 'fl'),
        await bundles.findBundle(tx, 'flavour', 'fl', 1),
      ],
      listBundles: (tx) => bundles.listBundles(tx, 'platform', '', 9),
      bundlesOfTags: (tx) => bundles.bundlesOfTags(tx, [1]),
      platformsAllowing: (tx) => bundles.platformsAllowing(tx, 'fl'),
      buildsWithFlavour: (tx) => bundles.buildsWithFlavour(tx, 'fl'),
    } satisfies Calls<typeof bundles>,
  ],
  'what git governs': [
    governed,
    {
      gitTag: (tx) => governed.gitTag(tx, 1),
      gitTags: (tx) => governed.gitTags(tx),
      putGitTag: (tx) => governed.putGitTag(tx, 1, commit, 1),
      endGitTag: (tx) => governed.endGitTag(tx, 1, 2),
    } satisfies Calls<typeof governed>,
  ],
  'git catalogue': [
    git,
    {
      findSource: (tx) => git.findSource(tx),
      putSource: async (tx) => [await git.putSource(tx, source), await git.putSource(tx, source)],
      deleteSource: (tx) => git.deleteSource(tx),
      takeTurn: async (tx) => [await git.putSource(tx, source), await git.takeTurn(tx)],
      setApplied: async (tx) => [await git.putSource(tx, source), await git.setApplied(tx, commit, 1)],
      setLooked: (tx) => git.setLooked(tx),
      setTrouble: async (tx) => {
        const trouble = { code: 'catalogue_wrong', message: 'm', commit: null };
        await git.putSource(tx, source);
        return [await git.setTrouble(tx, trouble), await git.setTrouble(tx, trouble)];
      },
    } satisfies Calls<typeof git>,
  ],
});
