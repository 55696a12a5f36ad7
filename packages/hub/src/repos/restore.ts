/**
 * Going back: an older revision's content again, as a new revision.
 *
 * Invariant: the runs, packages and documents are those of the older one; repomd.xml alone is written anew, because
 * clients take the greater revision for the newer. It shows the change that the older one showed.
 */
import { buffer } from 'node:stream/consumers';
import { readRepomd, writeRepomd } from '@moromi/repodata';
import type { BlobStore } from '../blobs/index.ts';
import type { Reader } from '../ledger/index.ts';
import type { MadeTree } from './press/compose.ts';
import type { Layout } from './press/member.ts';
import { treesOfRevision } from './queries.ts';

/** @param timestamp seconds since 1970 */
export async function restoreTrees(
  reader: Reader,
  store: BlobStore,
  revision: number,
  number: number,
  timestamp: number,
): Promise<MadeTree[]> {
  const made: MadeTree[] = [];
  for (const { tree, layout, packages, runs, files } of await treesOfRevision(reader, revision)) {
    const old = files.find((file) => file.name === 'repomd.xml');
    if (old === undefined) throw new Error(`revision ${revision} has no repomd.xml for ${tree}`);
    const { records } = readRepomd(await buffer(await store.open(old.sha256)));
    const repomd = await store.put(
      writeRepomd(
        String(number),
        records.map((one) => ({ ...one, timestamp })),
      ),
    );
    const rest = files.filter((file) => !file.name.startsWith('repomd.xml'));
    made.push({
      ...{ tree, packages, runs },
      layout: layout as Layout,
      files: [...rest, { name: 'repomd.xml', ...repomd }],
      stored: [repomd],
    });
  }
  return made;
}
