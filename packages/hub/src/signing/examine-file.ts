/**
 * Whether the signature of a file that is no package is what was asked for.
 *
 * Invariant: as for packages: checked with the hub's own copy of the key over the bytes in the hub's own store.
 */
import { buffer } from 'node:stream/consumers';
import type { FileForm } from '@moromi/contract';
import { checkDetached, checkText, type PublicKey, type Verdict } from '@moromi/signing';
import type { BlobStore } from '../blobs/index.ts';

export interface AskedFile {
  sha256: string;
  size: number;
  name: string;
  form: FileForm;
  /** The armored signature, or the signed text. */
  signature: string;
}

export interface ExaminedFile {
  sha256: string;
  /** Why it is not taken; null where it is good. */
  bad: { code: string; message: string } | null;
}

/** Text that is signed as text is read whole, in bytes at most. */
export const textAtMost = 4 * 2 ** 20;

export async function examineFile(
  store: BlobStore,
  asked: AskedFile,
  key: PublicKey,
  at: number,
): Promise<ExaminedFile> {
  const why =
    asked.form === 'detached' ? await detached(store, asked, key, at) : await clear(store, asked, key, at);
  const bad = why === null ? null : { code: why.code, message: `${asked.name}: ${why.sentence}` };
  return { sha256: asked.sha256, bad };
}

type Why = Pick<Verdict, 'code' | 'sentence'> | null;

async function detached(
  store: BlobStore,
  { sha256, size, signature }: AskedFile,
  key: PublicKey,
  at: number,
): Promise<Why> {
  const data = size === 0 ? [] : ((await store.open(sha256)) as AsyncIterable<Uint8Array>);
  return unlessGood(await checkDetached(signature, data, [key], { at, types: [0] }));
}

async function clear(
  store: BlobStore,
  { sha256, signature }: AskedFile,
  key: PublicKey,
  at: number,
): Promise<Why> {
  const { verdict, text } = await checkText(signature, [key], { at });
  const asked = (await buffer(await store.open(sha256))).toString('utf8');
  if (verdict.code === 'good' && plain(text ?? '') !== plain(asked))
    return { code: 'signature_wrong', sentence: 'The text that was signed is another one.' };
  return unlessGood(verdict);
}

function unlessGood(verdict: Verdict): Why {
  return verdict.code === 'good' ? null : verdict;
}

/** Blanks at the ends of lines are not signed, and neither is whether the last line has an end. */
function plain(text: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.replace(/[ \t]+$/, ''))
    .join('\n');
}
