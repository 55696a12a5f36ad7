/**
 * Files that no rule for files may let be signed.
 *
 * Invariant: a signature of a file is never one of a package. rpm's signatures are detached ones over the header, or over
 * header and payload, so what begins as either does is signed as a package or not at all; and what is called repomd.xml
 * is one.
 */
import { open } from 'node:fs/promises';

/** The header's magic, and the lead's (rpm's lib/header.c and lib/rpmlead.c). */
const ofPackages = ['8eade801', 'edabeedb'];

const repomd = /^\uFEFF?\s*(<\?xml[^>]*\?>\s*)?<repomd[\s>]/;
/** So many bytes may stand before the end of what is looked for. */
const lookedAt = 4096;

/** Why a file is not signed, whatever the rules say; null where nothing is against it. */
export async function whyUnfit(name: string, path: string): Promise<string | null> {
  const head = await headOf(path);
  if (ofPackages.includes(head.subarray(0, 4).toString('hex')))
    return `${name} begins as a package or its header does, so a signature of it would be one of a package`;
  if (name.endsWith('repomd.xml') && !repomd.test(head.toString('utf8')))
    return `${name} does not begin as a repomd.xml does`;
  return null;
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(lookedAt), 0, lookedAt, 0);
  return buffer.subarray(0, bytesRead);
}
