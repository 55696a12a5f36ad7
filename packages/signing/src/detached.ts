/** Signatures beside what they sign: `repomd.xml.asc` and the like, made here and checked from anywhere. */

import * as openpgp from 'openpgp';
import { type CheckOptions, checkSignature, type Data } from './check.ts';
import { makeSignature, type SignOptions } from './maker.ts';
import type { PublicKey } from './publickey.ts';
import type { Signer } from './signer.ts';
import { type Verdict, verdict } from './verdict.ts';

export interface DetachedSignature {
  readonly packet: Uint8Array;
  readonly armored: string;
}

/** Signs a file's bytes. Throws SigningError key_unusable, signer_failed. */
export async function signDetached(
  signer: Signer,
  data: Data,
  options: SignOptions = {},
): Promise<DetachedSignature> {
  const packet = await makeSignature(signer, data, options);
  return { packet, armored: armorSignature(packet) };
}

/** Many signatures in one file are many keys'; what is longer is none. */
const MOST_BYTES = 256 * 1024;

/**
 * Checks a signature, armored or binary, of data. With several keys' signatures one good one is enough. A missing one
 * (null, or empty) gives `not_signed`.
 */
export async function checkDetached(
  signature: string | Uint8Array | null,
  data: Data,
  keys: readonly PublicKey[],
  options: CheckOptions = {},
): Promise<Verdict> {
  const packets = await unarmorSignature(signature ?? '');
  if (packets === null)
    return verdict('signature_damaged', 'The signature cannot be read. Take it anew from its source.');
  return await checkSignature(keys, packets, data, { types: [0, 1], ...options });
}

export function armorSignature(packet: Uint8Array): string {
  const { armor } = openpgp.enums;
  return openpgp
    .armor(armor.signature, packet, undefined, undefined, undefined, true)
    .replaceAll('\r\n', '\n');
}

/** The packets in a signature that may be armored; null where it is damaged. */
export async function unarmorSignature(signature: string | Uint8Array): Promise<Uint8Array | null> {
  if (signature.length > MOST_BYTES) return null;
  const text = typeof signature === 'string' ? signature : Buffer.from(signature).toString('latin1');
  if (text.trim() === '') return new Uint8Array(0);
  if (typeof signature !== 'string' && !text.includes('-----BEGIN PGP')) return signature;
  try {
    const { data, type } = await openpgp.unarmor(text);
    return type === openpgp.enums.armor.signature && data instanceof Uint8Array ? data : null;
  } catch {
    return null;
  }
}
