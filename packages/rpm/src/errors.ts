/** Every refusal of this package is an RpmError: a stable code for programs and one sentence for people. */

export type RpmErrorCode =
  /** The bytes do not begin as an RPM does. */
  | 'not_an_rpm'
  /** The file ends before its headers do. */
  | 'truncated'
  /** The headers break a rule of the format; rpm would refuse them too, or two readers could disagree on them. */
  | 'header_damaged'
  /** The headers are larger than the stated limits. */
  | 'header_too_large'
  /** A well-formed file of a format that is not read here (v3, or newer than v6). */
  | 'unsupported_format'
  /** A signature that a package of this format has no place for. */
  | 'bad_signature'
  /** A kept signature header that is not of this package. */
  | 'other_package'
  /** A name, version, release, architecture or file name that may not be used. */
  | 'bad_nevra'
  /** A version string that is no [epoch:]version[-release]. */
  | 'bad_evr'
  /** A dependency that rpm could not parse. */
  | 'bad_dependency'
  /** A spec file without a Release that can be raised in its text. */
  | 'no_release';

export class RpmError extends Error {
  readonly code: RpmErrorCode;

  constructor(code: RpmErrorCode, sentence: string) {
    super(sentence);
    this.name = 'RpmError';
    this.code = code;
  }
}

export function damaged(sentence: string): RpmError {
  return new RpmError('header_damaged', sentence);
}

/** Shows text from a stranger inside a sentence: quoted, without control characters, at most 80 characters. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
