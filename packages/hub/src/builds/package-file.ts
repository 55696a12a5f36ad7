/**
 * Opens a package in the store and reads what it says about itself.
 *
 * Invariant: nothing that was uploaded is used before its headers were read here and their digest recomputed.
 */
import { buffer } from 'node:stream/consumers';
import { isErrorCode, Problem } from '@moromi/contract';
import {
  checkFileName,
  describe,
  parseHeaders,
  type Rpm,
  RpmError,
  type RpmHeaders,
  verifyHeaderDigest,
} from '@moromi/rpm';
import type { BlobStore } from '../blobs/index.ts';

/** Covers the headers of nearly every package, so that one read does. */
const firstRead = 64 * 1024;

/** Throws `RpmError` where the package is damaged, `Problem` where there is no such blob. */
export async function readPackage(store: BlobStore, sha256: string): Promise<Rpm> {
  return (await openPackage(store, sha256)).rpm;
}

export async function openPackage(
  store: BlobStore,
  sha256: string,
): Promise<{ rpm: Rpm; headers: RpmHeaders }> {
  const size = await store.size(sha256);
  if (size === undefined) throw new Problem('unknown_blob', `there is no file ${sha256} in the store`);
  let bytes = Buffer.alloc(0);
  let wanted = Math.min(firstRead, size);
  let headers: RpmHeaders | undefined;
  while (headers === undefined) {
    const more =
      wanted > bytes.length
        ? await buffer(await store.open(sha256, { start: bytes.length, end: wanted - 1 }))
        : Buffer.alloc(0);
    bytes = Buffer.concat([bytes, more]);
    const parsed = parseHeaders(bytes);
    if (parsed.complete) headers = parsed.headers;
    else if (parsed.needed > size)
      throw new RpmError(
        'truncated',
        `The package ends after ${size} bytes, and its headers take ${parsed.needed}.`,
      );
    else wanted = parsed.needed;
  }
  if (verifyHeaderDigest(headers).state === 'wrong')
    throw new RpmError('header_damaged', 'The header does not have the digest that it states.');
  const rpm = describe(headers);
  if (rpm.sizes.package !== null && rpm.sizes.package !== size)
    throw new RpmError(
      'truncated',
      `The package has ${size} bytes, and its headers say ${rpm.sizes.package}.`,
    );
  return { rpm, headers };
}

/** The same for a package that a person submits: what is wrong with it reaches them as a problem. */
export async function readSubmitted(store: BlobStore, sha256: string, name: string): Promise<Rpm> {
  try {
    const rpm = await readPackage(store, sha256);
    if (!rpm.isSource) throw new Problem('not_a_source_rpm', `${name} is a binary package for ${rpm.arch}`);
    checkFileName(name);
    return rpm;
  } catch (error) {
    throw error instanceof RpmError ? new Problem(problemCode(error), `${name}: ${error.message}`) : error;
  }
}

function problemCode(error: RpmError) {
  return error.code !== 'bad_nevra' && isErrorCode(error.code) ? error.code : 'bad_name';
}
