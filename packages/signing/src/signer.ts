/**
 * Who signs. A backend signs a digest and knows nothing of packets or packages, so gpg's agent, a token behind it, a key
 * in this process and a cloud's key service are one interface.
 */

import type { HashName } from './hashes.ts';
import type { PublicKey, SigningKey } from './publickey.ts';

export interface Signer extends AsyncDisposable {
  readonly certificate: PublicKey;
  /** The very key that signs: the certificate's own, or a subkey. */
  readonly key: SigningKey;
  /**
   * The signature of a digest as it ends a signature packet (RFC 9580, 5.2.3): of RSA one integer, of EdDSA two. Throws
   * SigningError signer_failed. May be called again before it has ended.
   */
  signDigest(hash: HashName, digest: Uint8Array): Promise<Uint8Array>;
}
