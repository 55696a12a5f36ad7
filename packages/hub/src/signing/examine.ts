/**
 * Whether signatures that somebody brings are what was asked for.
 *
 * Invariant: of what was brought nothing is kept but the signatures themselves. Each is checked with the hub's own copy
 * of the public key over the bytes that lie in the hub's own store, and the signed package's front is made here, from
 * the unsigned one and these signatures; so a signed copy has what was built and a signature of it, whoever made it.
 */
import { createHash, type Hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { SignatureForm } from '@moromi/contract';
import {
  changeFront,
  type Front,
  headerCoversPayload,
  joinFront,
  listSignatures,
  type NewSignature,
  parseHeaders,
  RpmError,
  type RpmHeaders,
  SIGTAG,
  type Signature,
} from '@moromi/rpm';
import { checkSignature, type PublicKey, type Verdict } from '@moromi/signing';
import type { BlobStore } from '../blobs/index.ts';

export interface Asked {
  rpm: number;
  name: string;
  sha256: string;
  size: number;
  headerEnd: number;
  /** Undefined: whatever there is, as for signatures that are brought by hand. */
  form: SignatureForm | undefined;
  /** The signature header that was brought. */
  header: Uint8Array;
}

export interface Good {
  rpm: number;
  form: SignatureForm;
  /** Of the signed copy. */
  sha256: string;
  size: number;
  headerStart: number;
  headerEnd: number;
  front: Uint8Array;
  /** Where in the unsigned file the rest begins. */
  rest: number;
}

export interface Bad {
  rpm: number;
  code: string;
  message: string;
}

export type Examined = Good | Bad;

export function isGood(one: Examined): one is Good {
  return 'front' in one;
}

/** By so many seconds a signer's clock may be ahead. */
const aheadSeconds = 300;

/** @param at the ledger's time, in seconds since 1970 */
export async function examine(store: BlobStore, asked: Asked, key: PublicKey, at: number): Promise<Examined> {
  try {
    return await look(store, asked, key, at);
  } catch (error) {
    if (error instanceof Unfit)
      return { rpm: asked.rpm, code: error.code, message: `${asked.name}: ${error.message}` };
    if (error instanceof RpmError)
      return { rpm: asked.rpm, code: 'signature_damaged', message: `${asked.name}: ${error.message}` };
    throw error;
  }
}

class Unfit extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

async function look(store: BlobStore, asked: Asked, key: PublicKey, at: number): Promise<Good> {
  const { rpm, sha256, size, headerEnd, header } = asked;
  const unsigned = await headersOf(store, sha256, headerEnd);
  const brought = signaturesIn(unsigned, header);
  const form = formOf(brought);
  const least = needed(unsigned, asked.form ?? 'header');
  if (asked.form === undefined ? form === 'header' && least !== form : form !== least)
    throw new Unfit('wrong_form', `it has a signature of the ${form}, and one of the ${least} was asked for`);
  const front = changeFront(unsigned, { old: 'remove', add: brought.map(toNew) });
  for (const one of brought)
    if (one.covers === 'header')
      mustBeGood(await checkSignature([key], one.bytes, unsigned.header.bytes, { at }), at);
  const copy = createHash('sha256').update(front.bytes);
  const rest = tee(copy, unsigned, store, asked);
  const whole = brought.find((one) => one.covers !== 'header');
  if (whole === undefined) for await (const _ of rest);
  else mustBeGood(await checkSignature([key], whole.bytes, rest, { at }), at);
  return {
    rpm,
    form,
    ...placeOf(front, size, headerEnd),
    sha256: copy.digest('hex'),
    front: front.bytes,
    rest: front.rest,
  };
}

/** What follows the front, as it is in the signed copy and in the unsigned file; the copy's hash takes it on its way. */
async function* tee(
  copy: Hash,
  { header }: RpmHeaders,
  store: BlobStore,
  { sha256, size, headerEnd }: Asked,
): AsyncGenerator<Uint8Array> {
  copy.update(header.bytes);
  yield header.bytes;
  if (size <= headerEnd) return;
  for await (const piece of (await store.open(sha256, {
    start: headerEnd,
    end: size - 1,
  })) as AsyncIterable<Uint8Array>) {
    copy.update(piece);
    yield piece;
  }
}

async function headersOf(store: BlobStore, sha256: string, end: number): Promise<RpmHeaders> {
  const parsed = parseHeaders(await buffer(await store.open(sha256, { start: 0, end: end - 1 })));
  if (!parsed.complete) throw new Error(`${sha256} has its headers not where the ledger says`);
  return parsed.headers;
}

/** The signatures in a header that was brought, which must be one of this very package. */
function signaturesIn(unsigned: RpmHeaders, header: Uint8Array): Signature[] {
  const joined = joinFront(unsigned, header);
  const parsed = parseHeaders(Buffer.concat([joined.bytes, unsigned.header.bytes]), unsigned.limits);
  if (!parsed.complete) throw new Unfit('signature_damaged', 'the signature header ends too early');
  if (hasMore(parsed.headers, unsigned))
    throw new Unfit('file_signatures', 'it has signatures of single files, which nobody asked for');
  const found = listSignatures(parsed.headers);
  const several = found.find(({ bytes }) => !isOnePacket(bytes));
  if (several !== undefined) throw new Unfit('signature_damaged', 'there is not one signature in its place');
  // One by each kind of key may be there; the payload is read for one check.
  if (found.filter(({ covers }) => covers !== 'header').length > 1)
    throw new Unfit('signature_damaged', 'it has more than one signature of header and payload');
  return found;
}

/** Whether a packet's length is that of all there is (RFC 9580, 4.2); rpm takes the first one and is silent of others. */
function isOnePacket(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes);
  const first = view[0] ?? 0;
  const second = view[1] ?? 0;
  if (view.length < 6) return false;
  if ((first & 0x40) === 0) {
    const size = 1 << (first & 3);
    return size < 8 && 1 + size + view.readUIntBE(1, size) === view.length;
  }
  if (second < 192) return 2 + second === view.length;
  if (second < 224) return 3 + ((second - 192) << 8) + (view[2] ?? 0) + 192 === view.length;
  return second === 255 && 6 + view.readUInt32BE(2) === view.length;
}

function hasMore({ signature }: RpmHeaders, unsigned: RpmHeaders): boolean {
  return [SIGTAG.FILESIGNATURES, SIGTAG.VERITYSIGNATURES].some(
    (tag) => signature.has(tag) && !unsigned.signature.has(tag),
  );
}

function formOf(brought: readonly Signature[]): SignatureForm {
  if (!brought.some((one) => one.covers === 'header'))
    throw new Unfit(
      'not_signed',
      brought.length === 0 ? 'it is not signed' : 'it has no signature of its header alone',
    );
  return brought.some((one) => one.covers !== 'header') ? 'header+payload' : 'header';
}

function toNew({ kind, bytes }: Signature): NewSignature {
  return { kind, packet: bytes };
}

function mustBeGood({ code, sentence, created }: Verdict, at: number): void {
  if (code !== 'good') throw new Unfit(code, sentence);
  if ((created ?? 0) > at + aheadSeconds)
    throw new Unfit(
      'signature_early',
      'The signature says that it was made in the future: set the clock of the signer.',
    );
}

/** A signature of the header speaks for the payload only by the digest in it. */
function needed(unsigned: RpmHeaders, form: SignatureForm): SignatureForm {
  if (unsigned.format === 6) return 'header';
  return headerCoversPayload(unsigned) ? form : 'header+payload';
}

/** The main header moves by as much as the front has grown. */
function placeOf(front: Front, size: number, headerEnd: number) {
  const grown = front.bytes.length - front.rest;
  return { size: size + grown, headerStart: front.bytes.length, headerEnd: headerEnd + grown };
}
