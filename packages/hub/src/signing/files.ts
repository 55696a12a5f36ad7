/**
 * Files that are no packages: metadata, checksums, texts.
 *
 * Invariant: who asks for a signature hears of it in the transaction in which it is accepted, or in which it is clear
 * that there will be none.
 */
import {
  type ErrorCode,
  type FileForm,
  type FileSignature,
  type FileSigning,
  Problem,
} from '@moromi/contract';
import { requireTag } from '../catalog/index.ts';
import type { Reader, Tx } from '../ledger/index.ts';
import { findTask, type TaskFacts } from '../tasks/index.ts';
import { textAtMost } from './examine-file.ts';
import type { SignedFile } from './file-end.ts';
import { findKey, type KeyFacts } from './key-queries.ts';
import { whyUnusable } from './key-state.ts';
import { checkThere } from './sign-kind.ts';
import { filePriority, type SignRequest, signTask } from './sign-tasks.ts';

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
  return key === undefined ? { code: 'unknown_key', message: `there is no key ${name}` } : troubleOf(key);
}

/** What is signed by hand elsewhere is packages: a file would wait for ever. */
function troubleOf(key: KeyFacts): { code: ErrorCode; message: string } | null {
  if (key.offline)
    return {
      code: 'key_offline',
      message: `the key ${key.name} signs by hand, on a machine that reaches no hub`,
    };
  return whyUnusable(key);
}

/** @returns the task; throws Problem where the key cannot sign */
export async function requestFileSignature(tx: Tx, wanted: WantedSignature, actor: string): Promise<number> {
  const { sha256, size, name, form, tag, owner } = wanted;
  const key = await findKey(tx, { name: wanted.key }, 'share');
  if (key === undefined) throw new Problem('unknown_key', `there is no key ${wanted.key}`);
  const trouble = troubleOf(key);
  if (trouble !== null) throw new Problem(trouble.code, trouble.message);
  if (form === 'clear' && size > textAtMost)
    throw new Problem('too_large', `${name} has ${size} bytes; text is signed up to ${textAtMost}`);
  const files = [{ sha256, size, name, form, tag }];
  await checkThere(tx, files);
  return await signTask(tx, key, { label: name, owner, priority: filePriority, files }, actor);
}

/** For a person, whose file it is. */
export async function askForFile(tx: Tx, asked: FileSigning, actor: string): Promise<FileSignature> {
  const tag = asked.tag === undefined ? null : (await requireTag(tx, asked.tag)).name;
  const task = await requestFileSignature(tx, { ...asked, tag, owner: actor }, actor);
  return await showFileSignature(tx, task);
}

export async function showFileSignature(reader: Reader, id: number): Promise<FileSignature> {
  const task = await findTask(reader, id);
  const [file] = (task?.kind === 'sign' ? (task.request as SignRequest).files : undefined) ?? [];
  if (task === undefined || file === undefined)
    throw new Problem('unknown_task', `there is no task ${id} that signs a file`);
  const { sha256, name, form } = file;
  return {
    task: id,
    state: task.state,
    name: name.split('/').at(-1) ?? name,
    sha256,
    form,
    ...endOf(task, sha256),
  };
}

function endOf({ result, failure }: TaskFacts, sha256: string): Pick<FileSignature, 'signature' | 'failure'> {
  const { files } = (result ?? { files: [] }) as { files: SignedFile[] };
  const end = files.find((one) => one.sha256 === sha256);
  if (end?.refused == null) return { signature: end?.signature ?? null, failure };
  return { signature: null, failure: { ...end.refused, fault: 'infrastructure' } };
}
