/**
 * Repositories as dnf reads them: `/repos/TAG/…` of tags, `/dist/NAME/…` of those that are shipped.
 *
 * Invariant: the bytes at a revision's address never change. `latest/` is for people; clients get the newest revision's
 * own address from the mirrorlist, so that one client sees one revision.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@moromi/contract';
import { type BlobReader, serveBlob } from '../blobs/index.ts';
import type { ExternalFiles } from '../externals/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { RepoKind } from './kind-queries.ts';
import { KnownAddresses, type Named } from './known-addresses.ts';
import { locationOf } from './press/member.ts';
import { metadataFile, packageFile, resolveRevision } from './queries.ts';
import { distRepoFile, tagRepoFile } from './repo-file.ts';
import { findDist, revokedKeys } from './shipped/queries.ts';

/** dnf's `$basearch`, where it is not the architecture itself. */
const archOfBasearch: Record<string, string> = { i386: 'i686', arm: 'armv7hl' };
const safe = /^[A-Za-z0-9][A-Za-z0-9._+~^-]*$/;
const types: Record<string, string> = {
  xml: 'text/xml',
  rpm: 'application/x-rpm',
  asc: 'application/pgp-signature',
};

export class RepoServer {
  readonly #ledger: Ledger;
  readonly #blobs: BlobReader;
  readonly #url: () => string;
  readonly #externals: ExternalFiles;
  readonly #known = new KnownAddresses();

  constructor(ledger: Ledger, blobs: BlobReader, url: () => string, externals: ExternalFiles) {
    this.#externals = externals;
    this.#ledger = ledger;
    this.#blobs = blobs;
    this.#url = url;
  }

  /** Revisions have expired. */
  forget(): void {
    this.#known.clear();
  }

  /** @param path what follows `/repos/` or `/dist/`, decoded; @param query what follows `?` */
  async serve(
    kind: RepoKind,
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    reply: ServerResponse,
  ): Promise<void> {
    const parts = path.split('/');
    const [name, second] = parts;
    if (name === undefined || !parts.every((part) => safe.test(part))) throw new Problem('not_found');
    if (parts.length === 2 && second === 'mirrorlist')
      return this.#text(reply, `${await this.#newest(kind, name, query)}\n`);
    if (parts.length === 2 && second === `${name}.repo`)
      return this.#text(reply, await this.#repoFile(kind, name));
    const [, number, ...below] = parts;
    if (number === undefined) throw new Problem('not_found');
    const [tree, rest] = cutTree(kind, below);
    if (rest[0] === 'external') {
      const revision = await this.#revision(kind, name, number);
      return await this.#external(revision.id, tree, rest.join('/'), number, request, reply);
    }
    const look = (): Promise<Named> => this.#named(kind, name, number, tree, rest);
    const newest = number === 'latest';
    const named = newest ? await look() : await this.#known.find(`${kind}/${path}`, look);
    await serveBlob(
      this.#blobs,
      { ...named, ...(newest ? { maxAge: 0 } : {}) },
      request.method ?? 'GET',
      request.headers,
      reply,
    );
  }

  async #named(
    kind: RepoKind,
    name: string,
    number: string,
    tree: string,
    path: readonly string[],
  ): Promise<Named> {
    const revision = await this.#revision(kind, name, number);
    const found = await this.#fileOf(revision.id, tree, path);
    if (found === undefined)
      throw new Problem('not_found', `${name}/${revision.number} has no ${[tree, ...path].join('/')}`);
    return { ...found, type: types[path.at(-1)?.split('.').at(-1) ?? ''] ?? 'application/octet-stream' };
  }

  /** What a build repository lists of others is fetched when it is first wanted. */
  async #external(
    revision: number,
    tree: string,
    path: string,
    number: string,
    request: IncomingMessage,
    reply: ServerResponse,
  ): Promise<void> {
    const file = await this.#externals.find(revision, tree, path);
    if (file === undefined) throw new Problem('not_found', `${tree} has no ${path}`);
    await this.#externals.serve(file, request, reply, number === 'latest' ? { maxAge: 0 } : {});
  }

  /** @param path below the tree */
  async #fileOf(
    revision: number,
    tree: string,
    path: readonly string[],
  ): Promise<Pick<Named, 'sha256' | 'size'> | undefined> {
    const file = path.at(-1);
    if (file === undefined) return undefined;
    if (path.length === 2 && path[0] === 'repodata')
      return await metadataFile(this.#ledger.read, revision, tree, file);
    const found = await packageFile(this.#ledger.read, revision, tree, file);
    if (found === undefined) return undefined;
    const { sha256, size, package: name, layout } = found;
    return locationOf({ name, fileName: file }, layout) === path.join('/') ? { sha256, size } : undefined;
  }

  async #revision(kind: RepoKind, name: string, number: string): Promise<{ id: number; number: number }> {
    if (number !== 'latest' && !/^\d{1,9}$/.test(number)) throw new Problem('not_found');
    const which = number === 'latest' ? 'latest' : Number(number);
    const found = await resolveRevision(this.#ledger.read, kind, name, which);
    if (found === undefined) throw new Problem('not_found', `there is no revision ${number} of ${name}`);
    if (found.expired)
      throw new Problem(
        'unknown_revision',
        `revision ${number} of ${name} has expired; the newest is ${found.newest ?? 'none'}, at ${this.#url()}/${kind === 'build' ? 'repos' : 'dist'}/${name}/latest/`,
      );
    return found;
  }

  async #newest(kind: RepoKind, name: string, query: URLSearchParams): Promise<string> {
    const wanted = query.get(kind === 'build' ? 'arch' : 'tree') ?? '';
    if (!/^[a-z0-9_]+(\/[a-z]+){0,2}$/.test(wanted))
      throw new Problem('bad_request', `the mirrorlist wants ?${kind === 'build' ? 'arch' : 'tree'}=`);
    const { number } = await this.#revision(kind, name, 'latest');
    const [tree] = cutTree(kind, wanted.split('/'));
    return `${this.#url()}/${kind === 'build' ? 'repos' : 'dist'}/${name}/${number}/${tree}/`;
  }

  async #repoFile(kind: RepoKind, name: string): Promise<string> {
    if (kind === 'build') {
      const { number } = await this.#revision(kind, name, 'latest');
      return tagRepoFile(this.#url(), name, number);
    }
    const repo = await findDist(this.#ledger.read, { name });
    if (repo === undefined) throw new Problem('not_found', `there is no repository ${name}`);
    const { keys, repoKey } = repo.definition;
    const revoked = await revokedKeys(this.#ledger.read, [...keys, ...(repoKey === null ? [] : [repoKey])]);
    return distRepoFile(this.#url(), repo, revoked);
  }

  #text(reply: ServerResponse, text: string): void {
    reply
      .writeHead(200, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-cache',
        'content-length': Buffer.byteLength(text),
      })
      .end(text);
  }
}

/** The tree that an address is in, and what is below it. */
function cutTree(kind: RepoKind, path: readonly string[]): [tree: string, rest: readonly string[]] {
  const arch = archOfBasearch[path[0] ?? ''] ?? path[0] ?? '';
  if (kind === 'build') return [arch, path.slice(1)];
  const length = path[1] === 'debug' ? 3 : 2;
  return [[arch, ...path.slice(1, length)].join('/'), path.slice(length)];
}
