/**
 * Signing where no hub is reached: a folder of packages that was exported, and signatures that go back by hand.
 *
 * Invariant: the same rules and the same journal as for a hub's orders. What is signed has the hash that the folder's
 * list names; beside each package its new signature header is written, and the package stays as it is.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignOrder } from '@moromi/contract';
import { Value } from 'typebox/value';
import { isFileName } from '../names.ts';
import type { Desk } from './desk.ts';

/** The list that `moromi export-unsigned` writes. */
export const listName = 'unsigned.json';
/** Behind a package's name: its new signature header. */
export const signatureEnd = '.sig';

export interface SignedFolder {
  signed: string[];
  refused: { name: string; code: string; message: string }[];
}

export async function signFolder(desk: Desk, folder: string, signal: AbortSignal): Promise<SignedFolder> {
  const order = await readList(join(folder, listName));
  for (const one of order.packages) await checkFile(join(folder, one.name), one);
  const names = new Map(order.packages.map((one) => [one.sha256, one.name]));
  const pathOf = (sha256: string) => join(folder, names.get(sha256) ?? '');
  const { packages } = await desk.sign(
    { ...order, files: [] },
    pathOf,
    { task: null, attempt: null },
    signal,
  );
  const made: SignedFolder = { signed: [], refused: [] };
  for (const { sha256, header, refused } of packages) {
    const name = names.get(sha256) ?? '';
    if (header === undefined)
      made.refused.push({ name, code: refused?.code ?? '', message: refused?.message ?? '' });
    else {
      const path = join(folder, `${name}${signatureEnd}`);
      await writeFile(`${path}.new`, Buffer.from(header, 'base64'));
      await rename(`${path}.new`, path);
      made.signed.push(name);
    }
  }
  return made;
}

async function readList(path: string): Promise<SignOrder> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: give a folder that \`moromi export-unsigned\` has made`, {
      cause: error,
    });
  }
  const order = (value as { order?: unknown } | null)?.order;
  if (!Value.Check(SignOrder, order) || !order.packages.every((one) => isFileName(one.name)))
    throw new Error(`${path} is no list of packages to sign`);
  return order;
}

async function checkFile(path: string, { sha256, size }: { sha256: string; size: number }): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  if (bytes !== size || hash.digest('hex') !== sha256)
    throw new Error(`${path} is not the file that was exported: copy it again`);
}
