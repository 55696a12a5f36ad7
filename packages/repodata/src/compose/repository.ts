/**
 * Makes the whole metadata of a repository from its members: for exports, for tests, and for a first revision.
 *
 * Invariant: the result is a function of the members, their entries, the revision and the compression. No more is in
 * memory than the list of members and the entries of one run.
 */
import { createHash } from 'node:crypto';
import { cut, type RunLimits, runLimits } from './cut.ts';
import { type DocumentKind, documentHead, documentKinds, documentTail, type Entries } from './document.ts';
import { compareMembers, type Member } from './member.ts';
import { type Compression, gzip, packRun, suffixOf } from './pack.ts';
import { type RepomdTags, type WrittenRecord, writeRepomd } from './root.ts';

/** Takes the files as they grow. Names are known last, since they hold the checksum. */
export interface Sink {
  /** The next bytes of a document. */
  write(kind: DocumentKind, bytes: Buffer): Promise<void>;
  /** The document is whole and is called so. */
  named(kind: DocumentKind, name: string): Promise<void>;
  /** A whole file; `repomd.xml` is the last. */
  file(name: string, bytes: Buffer): Promise<void>;
}

/** A record beside the three documents, as `records/` makes them. */
export interface ExtraRecord {
  /** `group`, `modules`, `updateinfo`, … */
  readonly type: string;
  /** How its file's name ends, after the checksum and a dash: `comps.xml.gz`. */
  readonly fileName: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
}

export interface RepositoryOrder {
  /** In any order. */
  readonly members: readonly Member[];
  entriesOf(member: Member): Entries | Promise<Entries>;
  readonly sink: Sink;
  readonly revision: string;
  /** Seconds since 1970, for all records. */
  readonly timestamp: number;
  readonly compression?: Compression;
  readonly limits?: RunLimits;
  readonly extra?: readonly ExtraRecord[];
  readonly tags?: RepomdTags;
}

export async function composeRepository(order: RepositoryOrder): Promise<WrittenRecord[]> {
  const { entriesOf, sink, compression = gzip, timestamp } = order;
  const members = [...order.members].sort(compareMembers);
  const documents = documentKinds.map((kind) => new Document(kind, sink, compression));
  for (const document of documents) await document.add([documentHead(document.kind, members.length)]);
  for (const run of cut(members, order.limits ?? runLimits)) {
    const entries = await Promise.all(run.map((member) => entriesOf(member)));
    for (const document of documents) await document.add(entries.map((one) => one[document.kind]));
  }
  const records: WrittenRecord[] = [];
  for (const document of documents) {
    await document.add([documentTail(document.kind)]);
    records.push(await document.end(timestamp));
  }
  for (const extra of order.extra ?? []) {
    const record = recordOf(extra, timestamp);
    await sink.file(record.href.slice('repodata/'.length), extra.packed);
    records.push(record);
  }
  await sink.file('repomd.xml', writeRepomd(order.revision, records, order.tags));
  return records;
}

/** @param timestamp seconds since 1970 */
export function recordOf({ type, fileName, plain, packed }: ExtraRecord, timestamp: number): WrittenRecord {
  const [checksum, openChecksum] = [digest(packed), digest(plain)];
  const isPacked = checksum !== openChecksum;
  return {
    ...{ type, href: `repodata/${checksum}-${fileName}`, checksum, size: packed.length, timestamp },
    openChecksum: isPacked ? openChecksum : null,
    openSize: isPacked ? plain.length : null,
  };
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

class Document {
  readonly kind: DocumentKind;
  readonly #sink: Sink;
  readonly #compression: Compression;
  readonly #packed = { hash: createHash('sha256'), size: 0 };
  readonly #plain = { hash: createHash('sha256'), size: 0 };

  constructor(kind: DocumentKind, sink: Sink, compression: Compression) {
    this.kind = kind;
    this.#sink = sink;
    this.#compression = compression;
  }

  /** One piece that is compressed on its own. */
  async add(entries: readonly Buffer[]): Promise<void> {
    for (const entry of entries) {
      this.#plain.hash.update(entry);
      this.#plain.size += entry.length;
    }
    const packed = packRun(entries, this.#compression);
    this.#packed.hash.update(packed);
    this.#packed.size += packed.length;
    await this.#sink.write(this.kind, packed);
  }

  async end(timestamp: number): Promise<WrittenRecord> {
    const checksum = this.#packed.hash.digest('hex');
    const name = `${checksum}-${this.kind}.xml${suffixOf(this.#compression)}`;
    await this.#sink.named(this.kind, name);
    return {
      ...{ type: this.kind, href: `repodata/${name}`, checksum, size: this.#packed.size, timestamp },
      openChecksum: this.#plain.hash.digest('hex'),
      openSize: this.#plain.size,
    };
  }
}
