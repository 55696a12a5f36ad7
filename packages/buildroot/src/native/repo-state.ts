/**
 * In which state a repository is, for those that do not say: the SHA-256 of its repomd.xml.
 *
 * Invariant: two equal states mean equal metadata, since repomd.xml names every file of it by checksum. A repository
 * that cannot be read has no state; what to say of that is left to the resolver, which reads it properly.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Repo } from '../driver.ts';

const limitBytes = 1024 * 1024;
const limitMs = 10_000;

/** The repositories, each with a revision where it has one or its state could be read. */
export async function withStates(repos: readonly Repo[], signal: AbortSignal): Promise<Repo[]> {
  return await Promise.all(
    repos.map(async (repo) => {
      if (repo.revision !== undefined) return repo;
      const state = await stateOf(repo.baseurl, signal).catch(() => undefined);
      return state === undefined ? repo : { ...repo, revision: `repomd ${state}` };
    }),
  );
}

async function stateOf(baseurl: string, signal: AbortSignal): Promise<string | undefined> {
  const address = new URL('repodata/repomd.xml', baseurl.endsWith('/') ? baseurl : `${baseurl}/`);
  const bytes =
    address.protocol === 'file:' ? await readFile(fileURLToPath(address)) : await fetched(address, signal);
  if (bytes === undefined || bytes.length > limitBytes) return undefined;
  return createHash('sha256').update(bytes).digest('hex');
}

async function fetched(address: URL, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const reply = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) });
  if (!reply.ok || Number(reply.headers.get('content-length') ?? 0) > limitBytes) return undefined;
  return await reply.bytes();
}
