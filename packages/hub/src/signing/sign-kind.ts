/**
 * Tasks of kind `sign`: what a signer is told, and whether what it brings is kept.
 *
 * Invariant: only live packages of builds that are complete and not scratch are signed; that is looked at when the order
 * is made and again in the transaction that keeps the copy, in which the key must still be good too. A pair of package
 * and key gets one copy, whoever brings a second one.
 */
import { Problem, type SignatureForm } from '@moromi/contract';
import { point } from '@moromi/faults';
import { type BlobStore, insertBlob, missingBlobs, type Piece } from '../blobs/index.ts';
import { hint, type Ledger, ledgerTime, type Tx } from '../ledger/index.ts';
import { type End, type Kind, Refusal, type TaskFacts } from '../tasks/index.ts';
import { isGood } from './examine.ts';
import type { Examiner } from './examiner.ts';
import type { FileListener, SignedFile } from './file-end.ts';
import { keepCopies, type SignedCopies } from './keep.ts';
import { findKey, type KeyFacts } from './key-queries.ts';
import { whyUnusable } from './key-state.ts';
import { Policies } from './policy.ts';
import { endPairs, holdBuilds, type Item, itemsOfTask, waitingOfTask } from './queries.ts';
import { refusedPairs } from './refused.ts';
import type { FileItem, SignRequest } from './sign-tasks.ts';

/** What failed for the infrastructure's sake is tried again after this. */
const retrySeconds = 900;

/** What was found good; the signature headers themselves lie in the store by then. */
export interface Inspected {
  packages: Copies;
  refused: { rpm: number; code: string; message: string }[];
  files: SignedFile[];
}

export interface Copy {
  rpm: number;
  form: SignatureForm;
  sha256: string;
  size: number;
  headerStart: number;
  headerEnd: number;
  /** In the blob of all of them. */
  front: Piece;
}

/** Checked signatures, and the blob in which their fronts lie one behind the other. */
export interface Copies {
  blob: { sha256: string; size: number } | null;
  list: Copy[];
}

export interface SignParts {
  ledger: Ledger;
  store: BlobStore;
  examiner: Examiner;
  copies: SignedCopies;
  files: FileListener[];
}

export function signKind({ ledger, store, examiner, copies, files }: SignParts): Kind {
  return {
    order: async (tx, task) => {
      const { key: id, files: wanted = [] } = task.request as SignRequest;
      const key = await usable(tx, id);
      const items = await itemsOfTask(tx, task.id);
      return {
        sign: {
          key: key.fingerprint,
          form: items[0]?.form ?? 'header',
          rpm: (await Policies.read(tx)).rpmOf(id),
          packages: items.map(toOrder),
          files: wanted,
        },
      };
    },
    lock: (tx, task) => holdBuilds(tx, task.id),
    inspect: async (task, { signed }) => {
      if (signed === undefined)
        throw new Refusal('no_signatures', 'the result has no signatures', 'infrastructure');
      const { key: id, files: wanted = [] } = task.request as SignRequest;
      const key = await findKey(ledger.read, { id });
      const trouble = key === undefined ? null : whyUnusable(key);
      // Not the signer's doing: the task is free again, and its next order says why there is none.
      if (key === undefined || trouble !== null)
        throw new Refusal(
          trouble?.code ?? 'unknown_key',
          trouble?.message ?? 'the key is not there',
          'canceled',
        );
      const items = await itemsOfTask(ledger.read, task.id);
      const brought = new Map(signed.packages.map((one) => [one.sha256, one]));
      const missing = items.find((one) => brought.get(one.sha256) === undefined);
      const lacking = wanted.find((one) => !signed.files.some((file) => file.sha256 === one.sha256));
      if (missing !== undefined || lacking !== undefined)
        throw new Refusal(
          'not_all_signed',
          `the result says nothing of ${(missing ?? lacking)?.name}`,
          'infrastructure',
        );
      const answer = await examiner.examine({
        armor: key.armor,
        at: (await ledgerTime(ledger.read)).getTime() / 1000,
        packages: items.flatMap((item) => {
          const header = brought.get(item.sha256)?.header;
          return header === undefined ? [] : [{ ...item, header: Buffer.from(header, 'base64') }];
        }),
        files: wanted.flatMap((file) => {
          const signature = signed.files.find((one) => one.sha256 === file.sha256)?.signature;
          return signature === undefined ? [] : [{ ...file, signature }];
        }),
      });
      const bad =
        answer.packages.find((one) => !isGood(one)) ?? answer.files.find((one) => one.bad !== null)?.bad;
      // A signer that makes one wrong signature makes no right ones.
      if (bad != null && 'code' in bad) throw new Refusal(bad.code, bad.message, 'infrastructure');
      const fronts = await keepFronts(store, answer.packages.filter(isGood));
      const inspected: Inspected = {
        packages: fronts,
        refused: refusedPairs(items, signed.packages),
        files: await keepFiles(store, wanted, signed.files),
      };
      return inspected;
    },
    ended: async (tx, task, end) => {
      const { key: id, files: wanted = [] } = task.request as SignRequest;
      const key = await findKey(tx, { id }, 'share');
      if (key === undefined) throw new Error(`task ${task.id} is of a key that is not there`);
      if (end.state === 'done') await done(tx, { copies, files }, key, task, end);
      else await undone(tx, { files }, key, wanted, task, end);
      hint(tx, 'signings');
    },
  };
}

async function usable(tx: Tx, id: number): Promise<KeyFacts> {
  const key = await findKey(tx, { id });
  if (key === undefined) throw new Problem('unknown_key');
  const trouble = whyUnusable(key);
  if (trouble !== null) throw new Problem(trouble.code, trouble.message);
  return key;
}

function toOrder({ sha256, size, name, nevra, nvr, package: from, tag }: Item) {
  return { sha256, size, name, nevra, nvr, package: from, tag };
}

/** @param good checked signatures. Their fronts are written together: a few KB each would cost a file for each. */
export async function keepFronts(
  store: BlobStore,
  good: readonly {
    rpm: number;
    form: SignatureForm;
    sha256: string;
    size: number;
    headerStart: number;
    headerEnd: number;
    front: Uint8Array;
  }[],
): Promise<Copies> {
  if (good.length === 0) return { blob: null, list: [] };
  const kept = await store.put(Buffer.concat(good.map((one) => one.front)));
  point('signing.fronts');
  let start = 0;
  const list = good.map(({ rpm, form, sha256, size, headerStart, headerEnd, front }) => {
    const piece = { sha256: kept.sha256, start, length: front.length };
    start += front.length;
    return { rpm, form, sha256, size, headerStart, headerEnd, front: piece };
  });
  return { blob: kept, list };
}

async function keepFiles(
  store: BlobStore,
  wanted: readonly FileItem[],
  brought: readonly { sha256: string; signature?: string; refused?: { code: string; message: string } }[],
): Promise<SignedFile[]> {
  const kept: SignedFile[] = [];
  for (const { sha256, name, form } of wanted) {
    const one = brought.find((file) => file.sha256 === sha256);
    const signature = one?.signature === undefined ? null : await store.put(Buffer.from(one.signature));
    if (signature !== null) point('signing.seal');
    const refused =
      signature !== null ? null : (one?.refused ?? { code: 'not_signed', message: 'no reason was given' });
    kept.push({ sha256, name, form, signature, refused });
  }
  return kept;
}

async function done(
  tx: Tx,
  parts: Pick<SignParts, 'copies' | 'files'>,
  key: KeyFacts,
  task: TaskFacts,
  end: End,
): Promise<void> {
  const { packages, refused, files } = end.inspected as Inspected;
  await keepCopies(tx, parts.copies, key, packages, {
    signer: end.worker ?? end.actor,
    actor: end.actor,
    cause: `task:${task.id}`,
  });
  for (const { rpm, code, message } of refused)
    await endPairs(tx, key.id, [rpm], {
      state: 'refused',
      signer: end.worker,
      failure: { code, message, fault: 'infrastructure' },
      // What only came too fast is asked again when the hour is over.
      ...(code === 'rate_exceeded' ? { retrySeconds } : {}),
    });
  // What was canceled or brought by somebody else meanwhile has ended; anything else would wait for ever.
  const left = (await waitingOfTask(tx, task.id)).map((one) => one.rpm);
  const failure = {
    code: 'not_signable',
    message: 'its build is not complete any more',
    fault: 'canceled' as const,
  };
  if (left.length > 0) await endPairs(tx, key.id, left, { state: 'canceled', signer: null, failure });
  for (const one of files) {
    if (one.signature !== null) await insertBlob(tx, one.signature.sha256, one.signature.size);
    for (const listener of parts.files)
      await listener(tx, { task: task.id, key: key.id, actor: end.actor, ...one });
  }
}

async function undone(
  tx: Tx,
  { files }: Pick<SignParts, 'files'>,
  key: KeyFacts,
  wanted: readonly FileItem[],
  task: TaskFacts,
  end: End,
): Promise<void> {
  const trouble = whyUnusable(key);
  const failure =
    trouble !== null
      ? { ...trouble, fault: 'infrastructure' as const }
      : (end.failure ?? {
          code: 'not_signed',
          message: `task ${task.id} ${end.state}`,
          fault: 'infrastructure' as const,
        });
  const left = (await waitingOfTask(tx, task.id)).map((one) => one.rpm);
  const again = end.state === 'failed' && trouble === null && failure.fault === 'infrastructure';
  if (left.length > 0)
    await endPairs(tx, key.id, left, {
      state: end.state === 'canceled' ? 'canceled' : 'failed',
      signer: end.worker,
      failure,
      ...(again ? { retrySeconds } : {}),
    });
  for (const { sha256, name, form } of wanted)
    for (const listener of files)
      await listener(tx, {
        task: task.id,
        key: key.id,
        actor: end.actor,
        sha256,
        name,
        form,
        signature: null,
        refused: failure,
      });
}

/** Whether all files of a request are in the store. */
export async function checkThere(tx: Tx, files: readonly FileItem[]): Promise<void> {
  const [missing] = await missingBlobs(tx, [...files]);
  if (missing !== undefined) throw new Problem('unknown_blob', `there is no file ${missing} in the store`);
}
