/** OpenPGP signatures of RPMs and of files: keys, signers, checks. Imports rpm, node: and openpgp.js alone. */

export type { KeyAlgorithm, KeyFamily } from './algorithms.ts';
export { type CheckOptions, checkSignature, type Data, SignatureCheck } from './check.ts';
export { checkText, signText } from './cleartext.ts';
export { checkDetached, type DetachedSignature, signDetached } from './detached.ts';
export { SigningError, type SigningErrorCode } from './errors.ts';
export { type FileSigner, openFileSigner, signFiles } from './filesigner.ts';
export { checkForm, SIGNATURE_FORMS, type SignatureForm, signatureFormFor } from './forms.ts';
export { type GpgOptions, openGpgSigner } from './gpg.ts';
export type { HashName } from './hashes.ts';
export { makeSignature, type SignOptions } from './maker.ts';
export {
  makeKey,
  type NewKey,
  type NewKeyOptions,
  type NewKeyType,
  reencryptSecretKey,
  renewCertificate,
  revokeCertificate,
  vouchFor,
} from './newkey.ts';
export { type PublicKey, readPublicKey, readPublicKeys, type SigningKey } from './publickey.ts';
export { openSecretKey, type SecretKeyOptions } from './secretkey.ts';
export type { Signer } from './signer.ts';
export { type PackageSigning, type SignedPackage, signPackage } from './signpackage.ts';
export { DEFAULT_POLICY, type Policy, type Verdict, type VerdictCode } from './verdict.ts';
export { type PackageCheck, type PackageVerdict, verifyPackage } from './verifypackage.ts';
