/**
 * The packages of one repository, as its metadata lists them.
 *
 * Invariant: every package that is given out stands in a primary part with the SHA-256 and the size that repomd.xml
 * states, checked before the first one is read. A repository that cannot be read is `repo_unreachable`, by its name.
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
/** In bytes: what repodata reads of a repomd.xml, and more than any primary part is packed. */
const mostRepomd = 2 ** 20;
const mostPrimary = 2 ** 29;

/**
 * @param path of a file to put the primary part in, which is removed in the end
 * @throws Refused `repo_unreachable`
 */
export async function* packagesOf(
  repository: Repository,
  path: string,
  signal: AbortSignal,
  note: (sentence: string) => void,
): AsyncGenerator<ProvidingPackage, void, undefined> {
  const { id, baseurl } = repository;
  const base = new URL(baseurl.endsWith('/') ? baseurl : `${baseurl}/`);
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    await fetchPrimary(base, path, inTime, (why) => note(`${id}: ${why}; trying again`));
    yield* readProvides(createReadStream(path, { signal: inTime }));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isDiskFull(error)) throw error;
    const why = inTime.aborted ? `it takes longer than ${timeoutMs / 60_000} minutes` : text(error);
    throw new Refused('repo_unreachable', `The repository ${id} at ${nameOf(base)} cannot be read: ${why}`);
  } finally {
    await rm(path, { force: true });
  }
}

async function fetchPrimary(
  base: URL,
  path: string,
  signal: AbortSignal,
  note: (why: string) => void,
): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      return await bring(base, await primaryOf(base, signal), path, signal);
    } catch (error) {
      if (signal.aborted || round >= tries || isDiskFull(error)) throw error;
      note(text(error));
      await pause(round, signal);
    }
  }
}

async function primaryOf(base: URL, signal: AbortSignal): Promise<RepomdRecord> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytesAt(new URL('repodata/repomd.xml', base), mostRepomd, signal))
    pieces.push(piece);
  const primary = readRepomd(Buffer.concat(pieces)).records.find(({ type }) => type === 'primary');
  if (primary === undefined) throw new Error('repomd.xml names no primary part');
  if (primary.size > mostPrimary) throw new Error(`its primary part has more than ${mostPrimary} bytes`);
  return primary;
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
