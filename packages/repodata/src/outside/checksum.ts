/** Names of checksums in metadata, with the number of hex digits of each. `sha` is what old makers call SHA-1. */
import { RepodataError, shown } from '../errors.ts';

const digits: Readonly<Record<string, number>> = {
  md5: 32,
  sha: 40,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

export function checkChecksum(type: string, value: string): void {
  const wanted = Object.hasOwn(digits, type) ? digits[type] : undefined;
  if (wanted === undefined)
    throw new RepodataError('damaged', `The metadata has a checksum of the unknown type ${shown(type)}.`);
  if (value.length !== wanted || !/^[0-9a-f]*$/.test(value))
    throw new RepodataError('damaged', `The metadata's package id is ${shown(value)}, which is no ${type}.`);
}
