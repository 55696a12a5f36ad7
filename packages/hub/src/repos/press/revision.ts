/**
 * Makes all trees of a revision.
 *
 * Invariant: one after the other, so that memory and threads are those of one tree; trees of one revision share runs.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DistDefinition } from '@moromi/contract';
import { gzip } from '@moromi/repodata';
import { type TagFacts, tagsById } from '../../catalog/index.ts';
import { mergedBefore, recordsFor } from '../../externals/index.ts';
import { buildTrees, type TreeContent } from '../content.ts';
import { latestTrees } from '../queries.ts';
import { distTrees } from '../shipped/content.ts';
import { touchedPackages, unreadCopies } from '../shipped/queries.ts';
import { recordsOfTree } from '../shipped/records.ts';
import type { UnsignedBuild } from '../shipped/unsigned.ts';
import { composeTree, type MadeTree } from './compose.ts';
import { documentsListed, type Form } from './form.ts';
import { readFragments } from './fragments.ts';
import { copiesById } from './queries.ts';
import { compressionOf } from './record.ts';
import type { MadeRecord, Workshop } from './workshop.ts';

export interface RevisionOrder {
  repo: number;
  tag: number;
  /** Of one that is shipped; null of a build repository. */
  definition: DistDefinition | null;
  /** The catalogue change that it shows. */
  change: number;
  number: number;
  /** Seconds since 1970. */
  timestamp: number;
}

export interface MadeRevision {
  trees: MadeTree[];
  /** By which it was made; that of the repository may be another by now. */
  definition: DistDefinition | null;
  /** Builds that are not shipped as they should be. */
  unsigned: UnsignedBuild[];
  /** The packages that were looked at for that. */
  looked: readonly string[] | 'all';
  /** What had been touched and is taken up now. */
  touched: number[];
}

export async function composeRevision(workshop: Workshop, order: RevisionOrder): Promise<MadeRevision> {
  const { reader } = workshop;
  const tag = (await tagsById(reader, [order.tag])).get(order.tag);
  if (tag === undefined) throw new Error(`there is no tag ${order.tag}`);
  const before = await latestTrees(reader, order.repo);
  if (order.definition === null) {
    const merged = before && (await mergedBefore(reader, before.id));
    const trees = await buildTrees(
      reader,
      tag,
      order.change,
      before && { ...before, ...(merged && { merged }) },
    );
    const made = await composeAll(workshop, order, trees, {
      layout: 'plain',
      compression: gzip,
      documents: documentsListed(false),
      records: () => [],
    });
    return { trees: made, definition: null, unsigned: [], looked: 'all', touched: [] };
  }
  return await composeDist(workshop, order, tag, order.definition, before);
}

async function composeDist(
  workshop: Workshop,
  order: RevisionOrder,
  tag: TagFacts,
  definition: DistDefinition,
  before: Awaited<ReturnType<typeof latestTrees>>,
): Promise<MadeRevision> {
  const { reader, hands, store } = workshop;
  // Before the content: what is signed after this is looked at again in the next revision.
  const touched = await touchedPackages(reader, order.repo);
  // What was signed before somebody went back is touched no more, so all of it is looked at.
  const same = before !== undefined && !before.wentBack && isDeepStrictEqual(before.definition, definition);
  const read = async (builds: readonly number[]): Promise<void> => {
    const unread = await unreadCopies(reader, builds);
    if (unread.length === 0) return;
    const copies = await copiesById(reader, unread);
    await readFragments(reader, hands, (sha256) => store.path(sha256), [...copies.values()]);
  };
  const { trees, unsigned, looked } = await distTrees(
    reader,
    { tag, change: order.change, definition, touched: touched.packages, before: same ? before : undefined },
    read,
  );
  const { layout, compression, records, zchunk = false, filelistsExt = false } = definition;
  const made = await composeAll(workshop, order, trees, {
    layout,
    zchunk,
    compression: compressionOf(compression),
    documents: documentsListed(filelistsExt),
    records: (tree) =>
      recordsOfTree(records, tree).map((one) => ({ ...one, narrow: one.type === 'updateinfo' })),
  });
  return { trees: made, definition, unsigned, looked, touched: touched.ids };
}

interface FormOfAll extends Form {
  zchunk?: boolean;
  records(tree: string): MadeRecord[];
}

async function composeAll(
  workshop: Workshop,
  { number: revision, timestamp }: RevisionOrder,
  trees: readonly TreeContent[],
  { layout, compression, documents, zchunk = false, records }: FormOfAll,
): Promise<MadeTree[]> {
  const made: MadeTree[] = [];
  for (const { tree, content, merged = [] } of trees) {
    const own = [...records(tree), ...(await recordsFor(workshop.reader, workshop.store, merged))];
    const order = { tree, layout, compression, documents, zchunk, revision, timestamp, content };
    made.push({ ...(await composeTree(workshop, { ...order, records: own })), merged });
  }
  return made;
}
