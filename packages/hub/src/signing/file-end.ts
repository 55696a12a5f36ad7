/** How the signing of a file that is no package ended, for whoever asked for it. */
import type { FileForm } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';

export interface SignedFile {
  sha256: string;
  name: string;
  form: FileForm;
  /** Null where the signer's rules refuse it. */
  signature: { sha256: string; size: number } | null;
  refused: { code: string; message: string } | null;
}

/** How the signing of a file ended. */
export interface FileEnd extends SignedFile {
  task: number;
  key: number;
  actor: string;
}

export type FileListener = (tx: Tx, end: FileEnd) => Promise<void>;
