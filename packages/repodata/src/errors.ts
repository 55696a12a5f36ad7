/** Every refusal of this package is a RepodataError: a stable code for programs and one sentence for people. */

export type RepodataErrorCode =
  /** Not well-formed, cut, or not the document that it should be. */
  | 'damaged'
  /** Well-formed, but it uses what metadata never needs: a document type, entities, addresses that lead elsewhere. */
  | 'hostile'
  /** Larger than the stated limits, compressed or unpacked. */
  | 'too_large'
  /** The program that makes metadata failed, was stopped by its time limit, or could not be started. */
  | 'maker_failed';

export class RepodataError extends Error {
  readonly code: RepodataErrorCode;

  constructor(code: RepodataErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'RepodataError';
    this.code = code;
  }
}

/** Shows text from a stranger inside a sentence: quoted, without control characters, at most 80 characters. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
