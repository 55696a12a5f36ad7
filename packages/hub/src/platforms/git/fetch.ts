/**
 * Reading a git repository as a stranger's.
 *
 * Invariant: nothing of it is run and nothing of it is written where the hub's files are: it is fetched without a work tree
 * into a folder that goes again, by the git program with no configuration but ours, without hooks, submodules, tags or
 * history, over the protocols that are named here, within limits of time and size. Of its content plain files alone are
 * read, from git's own store, so no link leads out of it.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@moromi/contract';

export interface GitFile {
  path: string;
  text: string;
}

interface Place {
  url: string;
  branch: string;
  folder: string;
}

const protocols = 'file:https:ssh';
const limitMs = 60_000;
/** Of any file that git writes: what it fetches comes as one pack. */
const packBytes = 64 << 20;
const mostFiles = 500;
const fileBytes = 256 << 10;
const allBytes = 2 << 20;

/** The commit that a branch is at. @throws Problem `catalogue_unreachable` */
export async function newestCommit({ url, branch }: Place, signal: AbortSignal): Promise<string> {
  const ref = `refs/heads/${branch}`;
  const said = String(await git(['ls-remote', '--quiet', '--', url, ref], signal, url));
  const line = said.split('\n').find((one) => one.endsWith(`\t${ref}`));
  const commit = /^([0-9a-f]{40,64})\t/.exec(line ?? '')?.[1];
  if (commit === undefined) throw new Problem('catalogue_unreachable', `there is no branch ${branch} in it`);
  return commit;
}

/** The TOML files of a branch's newest commit. @throws Problem `catalogue_unreachable`, `catalogue_wrong` */
export async function fetchFiles(
  { url, branch, folder }: Place,
  signal: AbortSignal,
): Promise<{ commit: string; files: GitFile[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'moromi-catalogue-'));
  try {
    const inside = (args: string[], input?: string) => git([`--git-dir=${dir}`, ...args], signal, url, input);
    await inside(['init', '--quiet', '--bare', '--template=', '--', dir]);
    const quiet = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
    await inside(['fetch', ...quiet, '--', url, `+refs/heads/${branch}:refs/moromi/newest`]);
    const commit = String(await inside(['rev-parse', '--verify', 'refs/moromi/newest^{commit}'])).trim();
    const below = folder === '' ? [] : [`${folder.replace(/\/+$/, '')}/`];
    const listing = String(
      await inside(['ls-tree', '-r', '-z', '-l', '--full-tree', commit, '--', ...below]),
    );
    const entries = entriesOf(listing);
    const packed = await inside(['cat-file', '--batch'], entries.map((one) => `${one.id}\n`).join(''));
    return { commit, files: unpack(entries, packed) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Entry {
  path: string;
  id: string;
  size: number;
}

function entriesOf(listing: string): Entry[] {
  const wrong = (path: string, why: string) => new Problem('catalogue_wrong', `${path}: ${why}`);
  const entries: Entry[] = [];
  let all = 0;
  for (const line of listing.split('\0')) {
    const [, mode, type, id = '', size, path] = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(line) ?? [];
    if (path === undefined || !path.endsWith('.toml')) continue;
    if (type !== 'blob' || (mode !== '100644' && mode !== '100755')) throw wrong(path, 'it is no plain file');
    if (Number(size) > fileBytes) throw wrong(path, `it is larger than ${fileBytes >> 10} KiB`);
    all += Number(size);
    entries.push({ path, id, size: Number(size) });
    if (entries.length > mostFiles) throw wrong(path, `there are more than ${mostFiles} files`);
    if (all > allBytes) throw wrong(path, `the files are larger than ${allBytes >> 20} MiB together`);
  }
  return entries;
}

/** What `cat-file --batch` says: for each, a line with its size, its bytes, and a line's end. */
function unpack(entries: readonly Entry[], packed: Buffer): GitFile[] {
  let at = 0;
  return entries.map(({ path, id, size }) => {
    const end = packed.indexOf(0x0a, at);
    if (packed.toString('latin1', at, end) !== `${id} blob ${size}`)
      throw new Error(`git did not give ${path}`);
    at = end + 1 + size + 1;
    const bytes = packed.subarray(end + 1, end + 1 + size);
    try {
      return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
    } catch {
      throw new Problem('catalogue_wrong', `${path}: it is not UTF-8`);
    }
  });
}

/** A group of its own, so that what git starts ends with it. @throws Problem `catalogue_unreachable` */
async function git(args: readonly string[], signal: AbortSignal, url: string, input = ''): Promise<Buffer> {
  const settings = {
    'core.hooksPath': '/dev/null',
    'core.fsmonitor': 'false',
    'fetch.fsckObjects': 'true',
    'fetch.unpackLimit': '1',
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'submodule.recurse': 'false',
  };
  const set = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const child = spawn('prlimit', [`--fsize=${packBytes}`, '--cpu=120', '--', 'git', ...set, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(),
  });
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };
  const until = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  until.addEventListener('abort', stop);
  if (until.aborted) stop();
  child.stdin.on('error', () => {}).end(input);
  try {
    const [out, err, code] = await Promise.all([
      gathered(child.stdout, 16 << 20, stop),
      gathered(child.stderr, 64 << 10, stop),
      new Promise<number | null>((resolve, reject) => {
        child.once('error', reject).once('close', resolve);
      }),
    ]);
    if (code === 0) return out;
    signal.throwIfAborted();
    const why = until.aborted ? `it took longer than ${limitMs / 1000} s` : lastWords(String(err), url);
    throw new Problem('catalogue_unreachable', why);
  } finally {
    until.removeEventListener('abort', stop);
  }
}

async function gathered(stream: AsyncIterable<Buffer>, limit: number, stop: () => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit) stop();
    else parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Nobody's configuration, nobody to ask, and of the hub's environment what leads through a proxy or to an agent. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];
  return {
    ...Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
    LC_ALL: 'C',
    GIT_ALLOW_PROTOCOL: protocols,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
  };
}

/** What git says last, without anybody's password. */
function lastWords(text: string, url: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const said = lines.slice(-3).join('; ').slice(0, 1000);
  return withoutPassword(said.replaceAll(url, withoutPassword(url))) || 'git said nothing of why';
}

export const withoutPassword = (text: string): string => text.replace(/(:\/\/)[^/@\s]*@/g, '$1');
