/** The same packages through createrepo_c and through fragments, side by side. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { readHeaders } from '@moromi/rpm';
import { expect } from 'vitest';
import { readRepomd } from '../../repomd.ts';
import { decodeFragment, encodeFragment } from '../encoded.ts';
import { entries } from '../entries.ts';
import { fragmentOf } from '../fragment.ts';
import { type Tree, treeOf } from './tree.ts';

const execute = promisify(execFile);

export const documents = ['primary', 'filelists', 'other'] as const;
export type Documents = Readonly<Record<(typeof documents)[number], string>>;

type Around = Readonly<Record<keyof Documents, { readonly head: string; readonly tail: string }>>;

/** What createrepo_c writes of the packages in a folder, by their paths below it. */
export interface Theirs {
  /** Each document before its packages and after them. */
  readonly around: Around;
  readonly entries: ReadonlyMap<string, Documents>;
  /** What it complained of. */
  readonly said: string;
}

/** Metadata comes into `output`, which is to be empty. */
export async function createrepo(folder: string, output: string): Promise<Theirs> {
  const options = ['--no-database', '--compress-type=gz', `--outputdir=${output}`];
  const { stdout, stderr } = await execute('createrepo_c', [...options, '--', folder], {
    timeout: 120_000,
    maxBuffer: 2 ** 24,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  const { records } = readRepomd(await readFile(join(output, 'repodata', 'repomd.xml')));
  const texts = await Promise.all(
    documents.map(async (type) => {
      const href = records.find((record) => record.type === type)?.href ?? '';
      return gunzipSync(await readFile(join(output, href))).toString();
    }),
  );
  const [primary, filelists, other] = texts.map(cut);
  if (!primary || !filelists || !other) throw new Error('createrepo_c wrote no metadata');
  const found = new Map<string, Documents>();
  for (const [at, text] of primary.packages.entries()) {
    const { location, checksum } = partsOf(treeOf(primary.head + text + primary.tail));
    const id = `pkgid="${checksum?.text}"`;
    const [files = '', changes = ''] = [filelists.packages[at], other.packages[at]];
    if (!files.includes(id) || !changes.includes(id)) throw new Error('the documents have other orders');
    found.set(location?.attributes['href'] ?? '', { primary: text, filelists: files, other: changes });
  }
  return { around: { primary, filelists, other }, entries: found, said: stdout + stderr };
}

/** A document before its first package, its packages, and what comes after them. */
function cut(text: string): { head: string; packages: string[]; tail: string } {
  const [head = '', ...rest] = text.split(/^(?=<package )/m);
  const last = rest.pop() ?? '';
  const end = last.lastIndexOf('</package>\n') + '</package>\n'.length;
  return { head, packages: [...rest, last.slice(0, end)], tail: last.slice(end) };
}

/** The elements of the first package, by name. */
function partsOf(document: Tree): Record<string, Tree> {
  const parts = document.inside[0]?.inside ?? [];
  return Object.fromEntries(parts.map((part) => [part.name.replace(/^.*\}/, ''), part]));
}

/** What fragments say of one of the packages, once they were kept and read again. */
export async function ours(folder: string, location: string): Promise<Documents> {
  const path = join(folder, location);
  const [headers, bytes, { mtimeMs, size }] = await Promise.all([
    readHeaders(path),
    readFile(path),
    stat(path),
  ]);
  const fragment = decodeFragment(encodeFragment(fragmentOf(headers)));
  const made = entries(fragment, {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size,
    headerRange: headers.headerRange,
    fileTime: Math.floor(mtimeMs / 1000),
    location,
  });
  return {
    primary: made.primary.toString(),
    filelists: made.filelists.toString(),
    other: made.other.toString(),
  };
}

/** All that an entry says, as it stands in its document. */
function meaning(around: Around, text: Documents): Record<string, Tree> {
  const trees = documents.map((type) => {
    const { head, tail } = around[type];
    return [type, treeOf(head + text[type] + tail)];
  });
  return Object.fromEntries(trees);
}

/**
 * Expects of every package below the folder that both say the same of it, field by field, and in the same spelling, so
 * that sizes can be compared. Gives the number of packages.
 */
export async function expectSame(folder: string, output: string): Promise<number> {
  const theirs = await createrepo(folder, output);
  const names = await readdir(folder, { recursive: true });
  const locations = names.filter((name) => name.endsWith('.rpm')).sort();
  expect([...theirs.entries.keys()].sort()).toEqual(locations);
  for (const [location, text] of theirs.entries) {
    const found = await ours(folder, location);
    expect(meaning(theirs.around, found), location).toEqual(meaning(theirs.around, text));
    expect(found).toEqual(text);
  }
  return locations.length;
}
