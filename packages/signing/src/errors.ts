/**
 * Every refusal of this package is a SigningError: a stable code for programs and one sentence for people. What a check of
 * a signature finds is no refusal but a verdict (`verdict.ts`).
 */

export type SigningErrorCode =
  /** The bytes are no OpenPGP certificate, or one whose own signatures do not hold. */
  | 'key_damaged'
  /** A secret key where a public one belongs, or the reverse. */
  | 'key_is_secret'
  | 'key_is_public'
  /** Several certificates where one belongs. */
  | 'several_keys'
  /** The key may not, or can not, make this signature. */
  | 'key_unusable'
  | 'passphrase_wrong'
  /** The package contradicts what it states of itself, so it is not signed. */
  | 'package_damaged'
  /** The release's rpm could not read a package with this signature. */
  | 'form_impossible'
  /** What holds the key (gpg, its agent, a token) did not sign. */
  | 'signer_failed'
  /** The text cannot be signed as text, or is no signed text. */
  | 'bad_text';

export class SigningError extends Error {
  readonly code: SigningErrorCode;

  constructor(code: SigningErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'SigningError';
    this.code = code;
  }
}
