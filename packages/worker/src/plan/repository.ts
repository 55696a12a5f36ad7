/**
 * The parts of one repository's metadata, and the packages that they list.
 *
 * Invariant: everything that is given out stands in a part with the SHA-256 and the size that repomd.xml states, checked
 * before the first of it is read, and beside the same primary part. A repository that cannot be read is
 * `repo_unreachable`, by its name.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { PlanOrder } from '@moromi/contract';
import { type ProvidingPackage, type RepomdRecord, readProvides, readRepomd } from '@moromi/repodata';
import { isDiskFull, Refused, text } from '../failure.ts';
import { pause } from '../line.ts';
import { bytesAt, nameOf } from './remote-file.ts';

export type Repository = PlanOrder['arches'][number]['repos'][number];

/** A repository may be replaced between the reading of its two files, and a connection may break. */
const tries = 3;
const timeoutMs = 30 * 60_000;
/** In bytes: what repodata reads of a repomd.xml, and more than any part is packed. */
const mostRepomd = 2 ** 20;
const mostPart = 2 ** 29;

/** @throws Refused `repo_unreachable` */
export function packagesOf(
  repository: Repository,
  path: string,
  signal: AbortSignal,
  note: (sentence: string) => void,
): AsyncGenerator<ProvidingPackage, void, undefined> {
  return new RemoteRepository(repository, { path, signal, note }).read('primary', readProvides);
}

/** Its folder's address, the same for each way to write it. */
export function addressOf({ baseurl }: Pick<Repository, 'baseurl'>): URL {
  return new URL(baseurl.endsWith('/') ? baseurl : `${baseurl}/`);
}

type Part = 'primary' | 'filelists';

interface Reading {
  /** Of a file to put a part in, which is removed in the end. */
  path: string;
  signal: AbortSignal;
  note: (sentence: string) => void;
}

export class RemoteRepository {
  readonly #id: string;
  readonly #base: URL;
  readonly #reading: Reading;
  /** SHA-256 of the primary part beside the first part that was read. */
  #primary: string | undefined;

  constructor(repository: Repository, reading: Reading) {
    this.#id = repository.id;
    this.#base = addressOf(repository);
    this.#reading = reading;
  }

  /**
   * @param type as repomd.xml names the part; one is read at a time. A repository may do without filelists, as dnf does
   * @throws Refused `repo_unreachable`
   */
  async *read<Item>(
    type: Part,
    items: (stream: AsyncIterable<Uint8Array>) => AsyncIterable<Item>,
  ): AsyncGenerator<Item, void, undefined> {
    const { path, signal } = this.#reading;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      if (await this.#fetch(type, inTime)) yield* items(createReadStream(path, { signal: inTime }));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isDiskFull(error)) throw error;
      const why = inTime.aborted ? `it takes longer than ${timeoutMs / 60_000} minutes` : text(error);
      throw new Refused(
        'repo_unreachable',
        `The repository ${this.#id} at ${nameOf(this.#base)} cannot be read: ${why}`,
      );
    } finally {
      await rm(path, { force: true });
    }
  }

  /** @returns whether there is such a part */
  async #fetch(type: Part, signal: AbortSignal): Promise<boolean> {
    const { path, note } = this.#reading;
    for (let round = 1; ; round++) {
      try {
        const record = await this.#recordOf(type, signal);
        if (record !== undefined) await bring(this.#base, record, path, signal);
        else note(`${this.#id}: repomd.xml names no ${type} part`);
        return record !== undefined;
      } catch (error) {
        if (signal.aborted || round >= tries || isDiskFull(error)) throw error;
        note(`${this.#id}: ${text(error)}; trying again`);
        await pause(round, signal);
      }
    }
  }

  async #recordOf(type: Part, signal: AbortSignal): Promise<RepomdRecord | undefined> {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytesAt(new URL('repodata/repomd.xml', this.#base), mostRepomd, signal))
      pieces.push(piece);
    const { records } = readRepomd(Buffer.concat(pieces));
    const [primary, part] = ['primary', type].map((one) => records.find((record) => record.type === one));
    if (primary === undefined) throw new Error('repomd.xml names no primary part');
    if (part !== undefined && part.size > mostPart)
      throw new Error(`its ${type} part has more than ${mostPart} bytes`);
    if (type === 'primary') this.#primary = primary.checksum;
    else if (this.#primary !== primary.checksum) throw new Error('it was replaced while it was read');
    return part;
  }
}

async function bring(base: URL, wanted: RepomdRecord, path: string, signal: AbortSignal): Promise<void> {
  const { href, checksum, size } = wanted;
  const hash = createHash('sha256');
  let came = 0;
  await pipeline(
    bytesAt(new URL(href, base), size, signal),
    async function* (pieces: AsyncIterable<Uint8Array>) {
      for await (const piece of pieces) {
        hash.update(piece);
        came += piece.length;
        yield piece;
      }
    },
    createWriteStream(path),
  );
  if (came !== size) throw new Error(`${href} has ${came} bytes where repomd.xml says ${size}`);
  const found = hash.digest('hex');
  if (found !== checksum) throw new Error(`${href} has the SHA-256 ${found}, repomd.xml says ${checksum}`);
}
