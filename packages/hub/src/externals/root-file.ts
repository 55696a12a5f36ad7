/**
 * repomd.xml of an external repository at one of its addresses.
 *
 * Invariant: what is given is what the metalink says it may be, where there is one, and is signed by one of the keys, where
 * that is asked for.
 */
import { createHash } from 'node:crypto';
import type { ExternalDefinition } from '@moromi/contract';
import { checkDetached, readPublicKeys } from '@moromi/signing';
import type { Mirrors } from './mirrors.ts';
import { addressFor, folderOf, readMetalink, readMirrorlist } from './mirrors.ts';
import type { KnownRoot } from './queries.ts';
import { Answered, nameOf, readAddress } from './remote.ts';
import { Trouble } from './trouble.ts';

/** In bytes: what repodata reads of a repomd.xml; and of lists of mirrors and signatures. */
const mostRoot = 2 ** 20;
const mostList = 4 * 2 ** 20;
const mostSignature = 256 * 1024;

/** Where to look, the list of mirrors before the address of its own. */
export async function mirrorsOf(
  { url, mirrorlist, metalink }: ExternalDefinition,
  arch: string,
  signal: AbortSignal,
): Promise<Mirrors> {
  const own = url === null ? [] : [folderOf(addressFor(url, arch))];
  const list = metalink ?? mirrorlist;
  if (list === null) return { bases: own, wanted: null };
  try {
    const { bytes } = await readAddress(new URL(addressFor(list, arch)), { most: mostList, signal });
    const found = metalink === null ? readMirrorlist(bytes.toString(), arch) : readMetalink(bytes);
    return { ...found, bases: [...found.bases, ...own] };
  } catch (error) {
    // Without the metalink nobody would say what repomd.xml must be.
    if (signal.aborted || metalink !== null || own.length === 0) throw error;
    return { bases: own, wanted: null };
  }
}

export interface Root {
  bytes: Buffer;
  known: KnownRoot;
}

/** @param known to ask whether it has changed since; undefined comes back where it has not */
export async function readRoot(
  base: string,
  definition: ExternalDefinition,
  wanted: Mirrors['wanted'],
  known: KnownRoot | null,
  signal: AbortSignal,
): Promise<Root | undefined> {
  const address = new URL('repodata/repomd.xml', base);
  const usable = known !== null && known.address === nameOf(address) ? known : null;
  const headers = {
    ...(usable?.etag === undefined ? {} : { 'if-none-match': usable.etag }),
    ...(usable?.lastModified === undefined ? {} : { 'if-modified-since': usable.lastModified }),
  };
  try {
    const { bytes, etag, lastModified } = await readAddress(address, { most: mostRoot, signal, headers });
    checkWanted(bytes, wanted, address);
    if (definition.checkRepoKey) await checkSigned(bytes, base, definition, signal);
    const repomd = createHash('sha256').update(bytes).digest('hex');
    return {
      bytes,
      known: {
        address: nameOf(address),
        repomd,
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
      },
    };
  } catch (error) {
    if (error instanceof Answered && error.status === 304 && usable !== null) return undefined;
    throw error;
  }
}

function checkWanted(bytes: Buffer, wanted: Mirrors['wanted'], address: URL): void {
  if (wanted === null) return;
  const hashes = new Map<string, string>();
  const hashOf = (type: string): string => {
    const hash = hashes.get(type) ?? createHash(type).update(bytes).digest('hex');
    hashes.set(type, hash);
    return hash;
  };
  if (!wanted.some(({ type, value }) => hashOf(type) === value))
    throw new Trouble(
      'repo_damaged',
      `${nameOf(address)} is not what the metalink says: its SHA-256 is ${hashOf('sha256')}.`,
    );
}

async function checkSigned(
  bytes: Buffer,
  base: string,
  { keys }: ExternalDefinition,
  signal: AbortSignal,
): Promise<void> {
  const address = new URL('repodata/repomd.xml.asc', base);
  const signature = await readAddress(address, { most: mostSignature, signal }).catch((error: unknown) => {
    if (error instanceof Answered && error.status < 500) return null;
    throw error;
  });
  const read = (await Promise.all(keys.map((one) => readPublicKeys(one)))).flat();
  const verdict = await checkDetached(signature?.bytes ?? null, bytes, read);
  if (verdict.code !== 'good')
    throw new Trouble(`repo_${verdict.code}`, `Of ${nameOf(address)}: ${verdict.sentence}`);
}
