/**
 * The lead: 96 bytes that name the file type and are otherwise history (rpm: docs/manual/format_lead.md). Only its
 * magic decides anything; rpm 4 and rpm 6 refuse a file without it, and so does this package.
 */

import { RpmError } from './errors.ts';

export const LEAD_BYTES = 96;

const MAGIC = [0xed, 0xab, 0xee, 0xdb];

export interface Lead {
  /** 3 for v3 and v4 packages, 4 for v6 packages. */
  readonly major: number;
  readonly minor: number;
  /** What the lead claims; the main header decides. */
  readonly type: 'binary' | 'source';
}

/** Refuses bytes that can never become an RPM, however many follow. */
export function checkLeadStart(bytes: Uint8Array): void {
  for (const [at, value] of MAGIC.entries()) {
    if (at < bytes.length && bytes[at] !== value) {
      throw new RpmError(
        'not_an_rpm',
        'The file does not begin with the four bytes that every RPM begins with.',
      );
    }
  }
}

/** Reads the lead from at least 96 bytes. */
export function parseLead(bytes: Uint8Array): Lead {
  checkLeadStart(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, LEAD_BYTES);
  const signatureType = view.getUint16(78);
  if (signatureType !== 5) {
    throw new RpmError(
      'unsupported_format',
      `The lead tells of signature type ${signatureType}; only 5, a signature header, is read.`,
    );
  }
  const major = view.getUint8(4);
  if (major !== 3 && major !== 4) {
    throw new RpmError('unsupported_format', `The lead has version ${major}; 3 and 4 are read.`);
  }
  return {
    major,
    minor: view.getUint8(5),
    type: view.getUint16(6) === 1 ? 'source' : 'binary',
  };
}
