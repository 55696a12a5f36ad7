/**
 * Signatures of keys: a key on its own user ids, on another's, and its own end. Made here and not by openpgp.js, which
 * marks a key's end as critical: rpm 4.18, where it is built without Sequoia, refuses to import such a certificate.
 */

import * as openpgp from 'openpgp';
import { SigningError } from './errors.ts';
import { makeSignature, numberBytes, subpacket } from './maker.ts';
import { describeKey, describePacket, READING } from './publickey.ts';
import { digestSigner } from './secretkey.ts';
import type { Signer } from './signer.ts';

export const SIGNATURE = openpgp.enums.signature;

/**
 * The certificate's own key as a signer, whatever it may sign and also after its end: renewing it is what is wanted then.
 * Throws SigningError key_unusable.
 */
export async function ownSigner(secret: openpgp.PrivateKey): Promise<Signer> {
  const packet = secret.keyPacket as openpgp.SecretKeyPacket;
  const key = describePacket(packet, { expires: null, revoked: false });
  const signDigest = digestSigner(key, packet);
  if (signDigest === null)
    throw new SigningError('key_unusable', `The secret part of the key ${key.fingerprint} is not here.`);
  const certificate = await describeKey(secret.toPublic());
  return { certificate, key, signDigest, [Symbol.asyncDispose]: async () => {} };
}

export interface KeySigning {
  readonly type: openpgp.enums.signature;
  /** The user id that is signed with the key; none where the key alone is. */
  readonly user?: openpgp.UserIDPacket;
  /** Seconds since 1970. */
  readonly at: number;
  readonly subpackets?: readonly Uint8Array[];
}

/** RFC 9580, 5.2.4: what is hashed of a v4 key, and of a user id. */
export async function signKey(
  signer: Signer,
  key: openpgp.Key,
  { type, user, at, subpackets = [] }: KeySigning,
): Promise<openpgp.SignaturePacket> {
  const body = publicBody(key);
  const data = [Buffer.from([0x99, body.length >> 8, body.length]), body];
  if (user !== undefined) {
    const id = user.write();
    data.push(Buffer.from([0xb4]), numberBytes(id.length), Buffer.from(id));
  }
  const options = { hash: 'sha512', type, created: at, subpackets } as const;
  const packet = await makeSignature(signer, data, options);
  const { packets } = await openpgp.readSignature({ binarySignature: packet, config: READING });
  return packets[0] as openpgp.SignaturePacket;
}

function publicBody(key: openpgp.Key): Buffer {
  const { keyPacket } = key.isPrivate() ? key.toPublic() : key;
  return Buffer.from(keyPacket.write());
}

/** Adds to every user id a signature by which the key may do what it could, and of a new one sign, until `expires`. */
export async function certifyItself(
  secret: openpgp.PrivateKey,
  expires: number | null,
  at: number,
): Promise<void> {
  const created = Math.floor(+secret.getCreationTime() / 1000);
  if (expires !== null && expires <= Math.max(created, at))
    throw new SigningError('key_unusable', 'The key would have expired already; give it a later end.');
  const signer = await ownSigner(secret);
  const { keyFlags, hash } = openpgp.enums;
  const [flags = keyFlags.certifyKeys | keyFlags.signData] =
    secret.users.flatMap(({ selfCertifications }) => selfCertifications).at(-1)?.keyFlags ?? [];
  const subpackets = [
    subpacket(27, Uint8Array.of(flags)),
    ...(expires === null ? [] : [subpacket(9, numberBytes(expires - created))]),
    subpacket(21, Uint8Array.of(hash.sha512, hash.sha384, hash.sha256)),
    // Changes to the certificate are the owner's alone, which key servers may heed.
    subpacket(23, Uint8Array.of(0x80)),
  ];
  for (const user of secret.users) {
    if (user.userID === null) continue;
    const type = SIGNATURE.certPositive;
    user.selfCertifications.push(await signKey(signer, secret, { type, user: user.userID, at, subpackets }));
  }
}

/** A revocation for whatever reason, armored as gpg keeps it. */
export async function makeRevocation(signer: Signer, key: openpgp.Key, at: number): Promise<string> {
  const subpackets = [subpacket(29, Uint8Array.of(0))];
  const packet = await signKey(signer, key, { type: SIGNATURE.keyRevocation, at, subpackets });
  const list = new openpgp.PacketList();
  list.push(packet);
  const comment = 'This is a revocation certificate';
  return openpgp.armor(openpgp.enums.armor.publicKey, list.write(), undefined, undefined, comment, true);
}
