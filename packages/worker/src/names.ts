/**
 * The forms of names that cross this worker's boundary.
 *
 * Invariant: a name that became part of a path here was held to the contract's own pattern first.
 */
import { Arch, FileLabel, FileName, Name, Sha256 } from '@moromi/contract';

/** TypeBox keeps the pattern in the schema, but not in its type. */
function patternOf(schema: unknown): RegExp {
  const { pattern } = schema as { pattern: string };
  return new RegExp(pattern);
}
const arch = patternOf(Arch);
const fileName = patternOf(FileName);
const fileLabel = patternOf(FileLabel);
const name = patternOf(Name);
const sha256 = patternOf(Sha256);

/** The log in which the worker itself speaks, beside the driver's. */
export const ownLog = 'worker.log';

export function isArch(text: string): boolean {
  return text.length <= 32 && arch.test(text);
}

export function isFileName(text: string): boolean {
  return text.length <= 255 && fileName.test(text);
}

/** No path: what a file that is signed is called in rules and journals. */
export function isFileLabel(text: string): boolean {
  return text.length <= 1000 && fileLabel.test(text);
}

export function isName(text: string): boolean {
  return text.length <= 200 && name.test(text);
}

export function isSha256(text: string): boolean {
  return sha256.test(text);
}

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
