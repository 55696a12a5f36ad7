/**
 * Bounds on what a header may claim, looked at before anything is allocated for it. rpm's own bounds
 * (lib/header.cc) are 32 entries and 64 MiB for the signature, 65,535 entries, 256 MiB and 1,048,575 elements an
 * array for the header. The defaults here are stricter in bytes and elements: the largest headers known, kernel
 * sources with 80,000 files, have under 20 MiB.
 */
export interface Limits {
  /** Index entries of the signature header. */
  readonly signatureEntries: number;
  /** Bytes of the signature header's data. */
  readonly signatureBytes: number;
  /** Index entries of the main header. */
  readonly headerEntries: number;
  /** Bytes of the main header's data. */
  readonly headerBytes: number;
  /** Elements of one array, hence files of one package. */
  readonly arrayLength: number;
  /** Characters of all file paths together; a long directory name is stored once and told with every file. */
  readonly pathCharacters: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  signatureEntries: 32,
  signatureBytes: 16 * MIB,
  headerEntries: 65_535,
  headerBytes: 64 * MIB,
  arrayLength: 524_288,
  pathCharacters: 128 * MIB,
};
