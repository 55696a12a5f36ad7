/**
 * What ails an external repository: a stable code, and one sentence that says what was found and where.
 *
 * Codes: `repo_unreachable`, `repo_no_mirrors`, `repo_damaged`, `repo_hostile`, `repo_too_large`, `repo_incomplete`,
 * `repo_changing`, and of signatures `repo_not_signed`, `repo_key_unknown`, `repo_key_expired`, `repo_key_revoked`,
 * `repo_signature_wrong`, `repo_signature_weak`, `repo_signature_damaged`, `repo_signature_expired`.
 */
export class Trouble extends Error {
  readonly code: string;

  constructor(code: string, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'Trouble';
    this.code = code;
  }
}

/** What another error is to whoever asks how the repository is. */
export function asTrouble(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (['damaged', 'hostile', 'too_large'].includes(code))
    return new Trouble(`repo_${code}`, message, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Trouble('storage_full', 'The hub has no room left to read the repository.', { cause: error });
  return new Trouble('repo_unreachable', message, { cause: error });
}
