/**
 * Makes a tree of a revision.
 *
 * Invariant: the same set of copies gives the same files but for repomd.xml, byte for byte, whatever was there before.
 * What is written to the store is durable before this returns; the ledger learns of it in the transaction that accepts
 * the result.
 */
import { point } from '@moromi/faults';
import { writeRepomd } from '@moromi/repodata';
import type { Merged } from '../../externals/index.ts';
import { type Document, documentsOf } from './documents.ts';
import type { Form } from './form.ts';
import { readFragments } from './fragments.ts';
import type { Layout } from './member.ts';
import { narrowRecord } from './narrow.ts';
import { packRuns } from './pack-runs.ts';
import type { RunFacts } from './queries.ts';
import { type Content, sequenceOf } from './sequence.ts';
import type { MadeFile, MadeRecord, Workshop } from './workshop.ts';
import { zchunkOf } from './zchunk.ts';

export interface TreeOrder extends Form {
  tree: string;
  /** The lists of packages as zchunk files too. */
  zchunk?: boolean;
  /** Stands in repomd.xml. */
  revision: number;
  /** Seconds since 1970, of the files in repomd.xml. */
  timestamp: number;
  content: Content;
  /** Beside those that list the packages. */
  records?: readonly MadeRecord[];
}

export interface MadeTree {
  tree: string;
  layout: Layout;
  packages: number;
  /** In their order; with the copies of those that are new. */
  runs: (number | { run: RunFacts; copies: number[] })[];
  files: MadeFile[];
  /** What was stored for it. */
  stored: { sha256: string; size: number }[];
  /** What it has merged of external repositories. */
  merged?: readonly Merged[];
}

export async function composeTree(workshop: Workshop, order: TreeOrder): Promise<MadeTree> {
  const { reader, store, hands } = workshop;
  const { tree, layout, timestamp } = order;
  const sequence = await sequenceOf(reader, order.content, order, (copies) =>
    readFragments(reader, hands, (sha256) => store.path(sha256), copies),
  );
  const stored: MadeTree['stored'] = [];
  const keep = async (bytes: Uint8Array): Promise<{ sha256: string; size: number }> => {
    const blob = await store.put(bytes);
    stored.push(blob);
    return blob;
  };
  const { runs, frame, packages } = await packRuns(workshop, sequence, order, keep);
  point('press.packed');
  const documents = await documentsOf(workshop, runs, frame, order);
  const extra: Document[] = [];
  for (const document of order.zchunk === true ? documents : []) {
    const made = await zchunkOf(workshop, document);
    stored.push({ sha256: made.file.sha256, size: made.file.size });
    extra.push(made);
  }
  for (const record of order.records ?? []) {
    const own = record.narrow === true ? await narrowRecord(workshop, record, runs) : record;
    if (own !== record) stored.push({ sha256: own.sha256, size: own.size });
    extra.push(extraOf(own));
  }
  const records = [...documents, ...extra].map(({ record }) => ({ ...record, timestamp }));
  const repomd = await keep(writeRepomd(String(order.revision), records));
  point('press.tree');
  return {
    tree,
    layout,
    packages,
    runs: runs.map(({ run, copies }) => run.id ?? { run, copies }),
    files: [...[...documents, ...extra].map(({ file }) => file), { name: 'repomd.xml', ...repomd }],
    stored,
  };
}

function extraOf({ type, name, sha256, size, openSha256, openSize }: MadeRecord): Document {
  const packed = sha256 !== openSha256;
  const file = { name: `${sha256}-${name}`, sha256, size };
  return {
    file,
    record: {
      ...{ type, href: `repodata/${file.name}`, checksum: sha256, size },
      openChecksum: packed ? openSha256 : null,
      openSize: packed ? openSize : null,
    },
  };
}
