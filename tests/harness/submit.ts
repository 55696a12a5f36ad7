/** Hands a source package in as a client does: announce, parts, complete, build. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Build, type BuildOptions, type Client, partSize } from '../../packages/contract/src/index.ts';

export async function submit(
  client: Client,
  path: string,
  target: string,
  options: BuildOptions = {},
  name = basename(path),
): Promise<Build> {
  const sha256 = await upload(client, await readFile(path), name);
  return await client.call('createBuild', { body: { target, source: { sha256, name }, options } });
}

/** @returns the SHA-256 */
export async function upload(client: Client, bytes: Uint8Array, name: string): Promise<string> {
  const sha256 = sha256Of(bytes);
  const made = await client.call('createUpload', { body: { name, size: bytes.length, sha256 } });
  if (made.complete) return sha256;
  for (let part = 0; part === 0 || part * partSize < bytes.length; part++) {
    const body = bytes.subarray(part * partSize, (part + 1) * partSize);
    const params = { upload: made.id, part };
    await client.call('putPart', { params, query: { sha256: sha256Of(body) }, body });
  }
  await client.call('completeUpload', { params: { upload: made.id } });
  return sha256;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
