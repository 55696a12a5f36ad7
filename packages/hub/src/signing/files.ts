/**
 * Files that are no packages: metadata, checksums, texts.
 *
 * Invariant: who asks for a signature hears of it in the transaction in which it is accepted, or in which it is clear
 * that there will be none.
 */
import { type FileForm, Problem } from '@moromi/contract';
import type { Reader, Tx } from '../ledger/index.ts';
import { textAtMost } from './examine-file.ts';
import { findKey } from './key-queries.ts';
import { whyUnusable } from './key-state.ts';
import { checkThere } from './sign-kind.ts';
import { filePriority, signTask } from './sign-tasks.ts';

export interface WantedSignature {
  sha256: string;
  /** Bytes. */
  size: number;
  /** What people and the signer's rules know it by. */
  name: string;
  /** A key's name. */
  key: string;
  form: FileForm;
  /** The tag or repository for which it is, for the signer's rules. */
  tag: string | null;
  owner: string;
}

/** Why nothing is signed with a key, by its name; null where it may sign. */
export async function keyTrouble(
  reader: Reader,
  name: string,
): Promise<{ code: string; message: string } | null> {
  const key = await findKey(reader, { name });
  return key === undefined ? { code: 'unknown_key', message: `there is no key ${name}` } : whyUnusable(key);
}

/** @returns the task; throws Problem where the key cannot sign */
export async function requestFileSignature(tx: Tx, wanted: WantedSignature, actor: string): Promise<number> {
  const { sha256, size, name, form, tag, owner } = wanted;
  const key = await findKey(tx, { name: wanted.key }, 'share');
  if (key === undefined) throw new Problem('unknown_key', `there is no key ${wanted.key}`);
  const trouble = whyUnusable(key);
  if (trouble !== null) throw new Problem(trouble.code, trouble.message);
  if (form === 'clear' && size > textAtMost)
    throw new Problem('too_large', `${name} has ${size} bytes; text is signed up to ${textAtMost}`);
  const files = [{ sha256, size, name, form, tag }];
  await checkThere(tx, files);
  return await signTask(tx, key, { label: name, owner, priority: filePriority, files }, actor);
}
