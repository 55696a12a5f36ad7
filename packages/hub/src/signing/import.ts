/**
 * Signatures that were made where no hub is reached, and are brought by hand.
 *
 * Invariant: they are held to what a signer's results are held to, by the same check and the same keeping; which key
 * made them is read from them, and it must be one that is known here and may sign.
 */

import { buffer } from 'node:stream/consumers';
import type { ImportedSignature, SignatureImport } from '@moromi/contract';
import { joinFront, listSignatures, parseHeaders, RpmError, type Signature } from '@moromi/rpm';
import type { BlobStore } from '../blobs/index.ts';
import { type Ledger, ledgerTime, type Tx } from '../ledger/index.ts';
import { type Good, isGood } from './examine.ts';
import type { Examiner } from './examiner.ts';
import { keepCopies, type SignedCopies } from './keep.ts';
import { findKey, type KeyFacts, keysByIds } from './key-queries.ts';
import { whyUnusable } from './key-state.ts';
import { type Item, itemsByName, lockForImport } from './queries.ts';
import { type Copies, type Copy, keepFronts } from './sign-kind.ts';

/** What came of looking at one; `copy` where it is good. */
interface Looked {
  name: string;
  nevra: string | null;
  key: KeyFacts | null;
  copy: Copy | null;
  failure: { code: string; message: string } | null;
}

export interface LookedAt {
  blob: Copies['blob'];
  looked: Looked[];
}

/** Looks at all of them; changes nothing but the store. */
export async function lookAtSignatures(
  ledger: Ledger,
  store: BlobStore,
  examiner: Examiner,
  { items }: SignatureImport,
): Promise<LookedAt> {
  const candidates = await itemsByName(
    ledger.read,
    items.map((one) => one.name),
  );
  const looked: (Looked & { good: Good | null })[] = [];
  for (const { name, header } of items) {
    const bytes = Buffer.from(header, 'base64');
    const known = candidates.filter((one) => one.name === name);
    looked.push(await lookAtOne(ledger, store, examiner, name, known, bytes));
  }
  const good = looked.flatMap((one) => (one.good === null ? [] : [one.good]));
  const { blob, list } = await keepFronts(store, good);
  const copies = new Map(list.map((copy, at) => [good[at], copy]));
  return {
    blob,
    looked: looked.map(({ good: one, ...rest }) => ({
      ...rest,
      copy: one === null ? null : (copies.get(one) ?? null),
    })),
  };
}

async function lookAtOne(
  ledger: Ledger,
  store: BlobStore,
  examiner: Examiner,
  name: string,
  candidates: readonly Item[],
  header: Uint8Array,
): Promise<Looked & { good: Good | null }> {
  const none = { name, nevra: null, key: null, copy: null, good: null };
  const refuse = (code: string, message: string) => ({ ...none, failure: { code, message } });
  if (candidates.length === 0)
    return refuse('unknown_rpm', `there is no package ${name} of a build that is complete and not scratch`);
  let why = refuse(
    'other_package',
    `${name} is the signature of another package than the one that was built`,
  );
  for (const item of candidates) {
    const signatures = await signaturesIn(store, item, header);
    if (signatures === null) continue;
    const ids = signatures.flatMap((one) => one.keyId ?? []);
    const key = (await keysByIds(ledger.read, ids))[0];
    if (key === undefined) {
      const by = ids.length === 0 ? 'a key that it does not name' : ids.join(', ');
      why =
        signatures.length === 0
          ? refuse('no_signature', `${name} is not signed`)
          : refuse('key_unknown', `${name} is signed by ${by}, which is no key that is known here`);
      continue;
    }
    const trouble = whyUnusable(key);
    const answer =
      trouble === null
        ? await examiner.examine({
            armor: key.armor,
            at: (await ledgerTime(ledger.read)).getTime() / 1000,
            packages: [{ ...item, form: undefined, header }],
            files: [],
          })
        : undefined;
    const [one] = answer?.packages ?? [];
    const found = { name, nevra: item.nevra, key, copy: null };
    if (one !== undefined && isGood(one)) return { ...found, good: one, failure: null };
    return {
      ...found,
      good: null,
      failure: trouble ?? one ?? { code: 'not_signed', message: `${name} was not looked at` },
    };
  }
  return why;
}

/** Those in a header; null where it is not of this package. */
async function signaturesIn(store: BlobStore, item: Item, header: Uint8Array): Promise<Signature[] | null> {
  const parsed = parseHeaders(
    await buffer(await store.open(item.sha256, { start: 0, end: item.headerEnd - 1 })),
  );
  if (!parsed.complete) return null;
  try {
    const { headers } = parsed;
    const joined = parseHeaders(Buffer.concat([joinFront(headers, header).bytes, headers.header.bytes]));
    return joined.complete ? listSignatures(joined.headers) : null;
  } catch (error) {
    if (error instanceof RpmError) return null;
    throw error;
  }
}

/** Keeps what was found good. */
export async function keepSignatures(
  tx: Tx,
  copies: SignedCopies,
  { blob, looked }: LookedAt,
  actor: string,
): Promise<ImportedSignature[]> {
  const kept: ImportedSignature[] = [];
  for (const { name, nevra, key, copy, failure } of looked) {
    const said = { name, nevra, key: key?.name ?? null };
    if (key === null || copy === null) {
      const why = failure ?? { code: 'not_signed', message: `${name} is not signed` };
      kept.push({ ...said, outcome: 'refused', failure: { ...why, fault: 'infrastructure' } });
      continue;
    }
    kept.push({ ...said, ...(await keepOne(tx, copies, key.id, { blob, list: [copy] }, actor)) });
  }
  return kept;
}

async function keepOne(
  tx: Tx,
  copies: SignedCopies,
  id: number,
  brought: Copies,
  actor: string,
): Promise<Pick<ImportedSignature, 'outcome' | 'failure'>> {
  for (const { rpm, form } of brought.list)
    if (!(await lockForImport(tx, id, rpm, form))) return { outcome: 'there', failure: null };
  const key = await findKey(tx, { id }, 'share');
  const signed =
    key === undefined ? [] : await keepCopies(tx, copies, key, brought, { signer: actor, actor });
  if (signed.length > 0) return { outcome: 'imported', failure: null };
  const failure = {
    code: 'not_signable',
    message: 'the key or the build has changed meanwhile',
    fault: 'canceled' as const,
  };
  return { outcome: 'refused', failure };
}
