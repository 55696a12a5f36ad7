/** Every SQL statement about platforms and flavours, run once. */
import * as bundles from '../catalog/bundle-queries.ts';
import { type Calls, testQueries } from '../testing/queries.ts';

const words = { settings: {}, priority: 20 };
const bundle = { kind: 'flavour', name: 'fl', tag: 1, words, governor: null } as const;

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
});
