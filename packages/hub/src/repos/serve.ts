/**
 * Repositories as dnf reads them: `/repos/TAG/…`.
 *
 * Invariant: the bytes at a revision's address never change. `latest/` is for people; clients get the newest revision's
 * own address from the mirrorlist, so that one client sees one revision.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@moromi/contract';
import { type BlobReader, serveBlob } from '../blobs/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { metadataFile, packageFile, resolveRevision } from './queries.ts';

/** dnf's `$basearch`, where it is not the architecture itself. */
const archOfBasearch: Record<string, string> = { i386: 'i686', arm: 'armv7hl' };
const safe = /^[A-Za-z0-9][A-Za-z0-9._+~^-]*$/;

export class RepoServer {
  readonly #ledger: Ledger;
  readonly #blobs: BlobReader;
  readonly #url: () => string;

  constructor(ledger: Ledger, blobs: BlobReader, url: () => string) {
    this.#ledger = ledger;
    this.#blobs = blobs;
    this.#url = url;
  }

  /** @param path what follows `/repos/`, decoded; @param query what follows `?` */
  async serve(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    reply: ServerResponse,
  ): Promise<void> {
    const parts = path.split('/');
    const [tag, second] = parts;
    if (tag === undefined || !parts.every((part) => safe.test(part))) throw new Problem('not_found');
    if (parts.length === 2 && second === 'mirrorlist')
      return this.#text(reply, `${await this.#newest(tag, query.get('arch') ?? '')}\n`);
    if (parts.length === 2 && second === `${tag}.repo`)
      return this.#text(reply, this.#repoFile(tag, await this.#newestNumber(tag)));
    const [, number, archName, folder, file] = parts;
    if (parts.length !== 5 || number === undefined || archName === undefined || file === undefined)
      throw new Problem('not_found');
    const revision = await this.#revision(tag, number);
    const arch = archOfBasearch[archName] ?? archName;
    const sha256 =
      folder === 'repodata'
        ? await metadataFile(this.#ledger.read, revision.id, arch, file)
        : folder === 'Packages'
          ? await packageFile(this.#ledger.read, revision.id, arch, file)
          : undefined;
    if (sha256 === undefined)
      throw new Problem('not_found', `${tag}/${revision.number} has no ${archName}/${folder}/${file}`);
    const type = file.endsWith('.xml')
      ? 'text/xml'
      : file.endsWith('.rpm')
        ? 'application/x-rpm'
        : 'application/octet-stream';
    await serveBlob(
      this.#blobs,
      { sha256, type, ...(number === 'latest' ? { maxAge: 0 } : {}) },
      request.method ?? 'GET',
      request.headers,
      reply,
    );
  }

  async #revision(tag: string, number: string): Promise<{ id: number; number: number }> {
    if (number !== 'latest' && !/^\d{1,9}$/.test(number)) throw new Problem('not_found');
    const found = await resolveRevision(
      this.#ledger.read,
      tag,
      number === 'latest' ? 'latest' : Number(number),
    );
    if (found === undefined) throw new Problem('not_found', `there is no revision ${number} of ${tag}`);
    return found;
  }

  async #newest(tag: string, arch: string): Promise<string> {
    if (!/^[a-z0-9_]+$/.test(arch)) throw new Problem('bad_request', 'the mirrorlist wants ?arch=');
    return `${this.#url()}/repos/${tag}/${await this.#newestNumber(tag)}/${archOfBasearch[arch] ?? arch}/`;
  }

  async #newestNumber(tag: string): Promise<number> {
    return (await this.#revision(tag, 'latest')).number;
  }

  #repoFile(tag: string, newest: number): string {
    return [
      `# Newest revision when this was fetched: ${newest}. Packages are not signed yet.`,
      `[moromi-${tag}]`,
      `name=${tag}`,
      `mirrorlist=${this.#url()}/repos/${tag}/mirrorlist?arch=$basearch`,
      'enabled=1',
      'gpgcheck=0',
      'metadata_expire=60',
      '',
    ].join('\n');
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
