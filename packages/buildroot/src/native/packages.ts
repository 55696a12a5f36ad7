/**
 * The .rpm files that roots are made of, each fetched once.
 *
 * Invariant: a file stands in the cache under its SHA-256 only after its bytes were found to have it. Whatever a
 * repository or a proxy sends besides ends as an error that names the package, never as a file.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { BuildFailure } from '../driver.ts';
import { ownName } from '../owner.ts';
import type { ChosenPackage } from './resolve.ts';

const tries = 3;
const atOnce = 6;
/** A download that brings no byte for this long is given up, in milliseconds. */
const stallMs = 60_000;

export class PackageCache {
  readonly dir: string;

  constructor(home: string) {
    this.dir = join(home, 'packages');
  }

  /** Path below {@link dir}: two hex digits, then the hash. */
  pathOf(sha256: string): string {
    return join(sha256.slice(0, 2), `${sha256}.rpm`);
  }

  /** Brings in what is not there yet. Throws repo_unreachable, disk_full or canceled. */
  async fetch(
    packages: readonly ChosenPackage[],
    log: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const absent: ChosenPackage[] = [];
    for (const one of packages) if (!(await this.#has(one))) absent.push(one);
    const bytes = absent.reduce((sum, one) => sum + one.size, 0);
    log(`packages: ${packages.length - absent.length} cached, ${absent.length} to fetch (${mib(bytes)})`);
    const queue = absent.values();
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const lane = async (): Promise<void> => {
      for (const one of queue) {
        await this.#fetchOne(one, log, either);
        log(`fetched: ${one.nevra} from ${one.repo}`);
      }
    };
    const lanes = Array.from({ length: atOnce }, () =>
      lane().catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    const results = await Promise.allSettled(lanes);
    if (signal.aborted) throw new BuildFailure('canceled', 'canceled while fetching packages');
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    // The first lane to fail aborts the others; theirs is not the reason.
    const first = reasons.find((reason) => !(reason instanceof BuildFailure && reason.code === 'canceled'));
    if (first ?? reasons[0]) throw first ?? reasons[0];
  }

  async #has(one: ChosenPackage): Promise<boolean> {
    const path = join(this.dir, this.pathOf(one.sha256));
    try {
      const found = await stat(path);
      if (Date.now() - found.mtimeMs > 3_600_000) await utimes(path, new Date(), new Date());
      return true;
    } catch {
      return false;
    }
  }

  async #fetchOne(one: ChosenPackage, log: (line: string) => void, signal: AbortSignal): Promise<void> {
    const path = join(this.dir, this.pathOf(one.sha256));
    await mkdir(join(path, '..'), { recursive: true });
    const aside = `${path}.${ownName()}`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await download(one, aside, signal);
        await rename(aside, path);
        return;
      } catch (error) {
        await rm(aside, { force: true });
        if (signal.aborted) throw new BuildFailure('canceled', 'canceled while fetching packages');
        if (isNodeError(error) && error.code === 'ENOSPC') {
          throw new BuildFailure('disk_full', `no space left to keep ${one.nevra}`);
        }
        const message = error instanceof Error ? error.message : String(error);
        log(`fetching ${one.nevra} failed (${attempt} of ${tries}): ${message}`);
        if (attempt === tries) {
          throw new BuildFailure('repo_unreachable', `cannot fetch ${one.nevra} from ${one.repo}`, message);
        }
      }
    }
  }

  /** Removes the files used longest ago until the rest fits. Installed layers do not need them. */
  async evict(budgetBytes: number): Promise<void> {
    const files: { path: string; size: number; used: number }[] = [];
    for (const folder of await readdir(this.dir).catch(() => [])) {
      for (const name of await readdir(join(this.dir, folder)).catch(() => [])) {
        const path = join(this.dir, folder, name);
        const found = await stat(path).catch(() => undefined);
        if (found) files.push({ path, size: found.size, used: found.mtimeMs });
      }
    }
    let total = files.reduce((sum, file) => sum + file.size, 0);
    for (const file of files.sort((a, b) => a.used - b.used)) {
      // One that was used within the hour may be about to be installed.
      if (total <= budgetBytes || Date.now() - file.used < 3_600_000) break;
      await rm(file.path, { force: true });
      total -= file.size;
    }
  }
}

async function download(one: ChosenPackage, path: string, signal: AbortSignal): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error('nothing came for 60 s')), stallMs);
  const either = AbortSignal.any([signal, stalled.signal]);
  const hash = createHash('sha256');
  let size = 0;
  const check = new Transform({
    transform(chunk: Buffer, _, done) {
      timer.refresh();
      hash.update(chunk);
      size += chunk.length;
      // A server that sends more than the metadata promised is not allowed to fill the disk.
      if (one.size > 0 && size > one.size)
        done(new Error(`it is longer than the ${one.size} bytes it should have`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(await source(one.url, either), check, createWriteStream(path, { flags: 'wx' }), {
      signal: either,
    });
  } catch (error) {
    throw stalled.signal.aborted ? stalled.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
  const found = hash.digest('hex');
  if (found !== one.sha256) throw new Error(`its SHA-256 is ${found}, the metadata says ${one.sha256}`);
}

async function source(url: string, signal: AbortSignal): Promise<Readable> {
  if (url.startsWith('file:')) return createReadStream(fileURLToPath(url));
  const reply = await fetch(url, { signal });
  if (!reply.ok || !reply.body) throw new Error(`${url} answered ${reply.status}`);
  return Readable.fromWeb(reply.body);
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}
