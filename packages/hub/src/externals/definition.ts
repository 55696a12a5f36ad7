/**
 * The rules of external repositories themselves.
 *
 * Invariant: one that is checked has a key to be checked with, and what is kept of a key was read from its certificate here.
 * What a revision has merged never changes with what is said of the repository later.
 */
import {
  type ExternalDefinition,
  type ExternalEdit,
  type ExternalKey,
  type NewExternal,
  Problem,
} from '@moromi/contract';
import { readPublicKeys, SigningError } from '@moromi/signing';
import { tagsById } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import { type Tx, tell } from '../ledger/index.ts';
import { definitionOf } from './attached.ts';
import {
  archesOf,
  attachmentsOf,
  type Definition,
  type ExternalFacts,
  endExternal,
  findExternal,
  insertExternal,
  setDefinition,
} from './queries.ts';
import { askToLook } from './schedule.ts';

export async function requireExternal(tx: Reader, name: string): Promise<ExternalFacts> {
  const found = await findExternal(tx, name);
  if (found === undefined) throw new Problem('unknown_external', `there is no external repository ${name}`);
  return found;
}

/** Takes a while for keys, so it is not for transactions. @throws Problem bad_key, secret_key */
export async function readKeys(keys: readonly string[] | undefined): Promise<ExternalKey[] | undefined> {
  if (keys === undefined) return undefined;
  const read = await Promise.all(keys.map(readCertificates));
  return read.flat();
}

async function readCertificates(armor: string): Promise<ExternalKey[]> {
  try {
    const keys = await readPublicKeys(armor);
    if (keys.length === 0) throw new Problem('bad_key', 'the file has no key');
    return keys.map(({ fingerprint, userIds, expires }) => ({
      fingerprint,
      userId: userIds[0] ?? '',
      expiresAt: expires === null ? null : new Date(expires * 1000).toISOString(),
    }));
  } catch (error) {
    if (!(error instanceof SigningError)) throw error;
    throw new Problem(error.code === 'key_is_secret' ? 'secret_key' : 'bad_key', error.message);
  }
}

export async function addExternal(
  tx: Tx,
  actor: string,
  { name, ...said }: NewExternal,
  certificates: ExternalKey[] | undefined,
): Promise<ExternalFacts> {
  const definition = definitionOf({ ...said, certificates: certificates ?? [] });
  check(definition);
  const id = await insertExternal(tx, name, definition, actor);
  if (id === undefined)
    throw new Problem('external_exists', `there is an external repository ${name} already`);
  tell(tx, { type: 'external.added', subject: `external:${name}`, actor, data: shown(definition) });
  return { id, name, setting: false, definition };
}

export async function editExternal(
  tx: Tx,
  actor: string,
  name: string,
  said: ExternalEdit,
  certificates: ExternalKey[] | undefined,
): Promise<ExternalFacts> {
  const external = await requireExternal(tx, name);
  const definition = {
    ...external.definition,
    ...said,
    ...(certificates === undefined ? {} : { certificates }),
  };
  check(definition);
  await setDefinition(tx, external.id, definition);
  tell(tx, { type: 'external.edited', subject: `external:${name}`, actor, data: shown(definition) });
  const edited = { ...external, definition };
  for (const { arch } of await archesOf(tx, [external.id])) await askToLook(tx, edited, arch, actor);
  return edited;
}

export async function removeExternal(tx: Tx, actor: string, name: string): Promise<void> {
  const external = await requireExternal(tx, name);
  const used = await attachmentsOf(tx, external.id);
  const tags = await tagsById(
    tx,
    used.map((one) => one.tag),
  );
  if (used.length > 0)
    throw new Problem(
      'external_in_use',
      `${name} is merged by ${[...tags.values()].map((tag) => tag.name).join(', ')}`,
    );
  await endExternal(tx, external.id);
  tell(tx, { type: 'external.removed', subject: `external:${name}`, actor, data: {} });
}

/** All of an external repository that is looked after now; nothing of one that no tag has merged yet. */
export async function refreshExternal(tx: Tx, external: ExternalFacts, actor: string): Promise<number[]> {
  const tasks: number[] = [];
  for (const { arch } of await archesOf(tx, [external.id]))
    tasks.push(await askToLook(tx, external, arch, actor));
  return tasks;
}

function check(definition: ExternalDefinition): void {
  const { url, mirrorlist, metalink, keys, checkRepoKey, checkPackages } = definition;
  const bad = (why: string) => new Problem('bad_external', why);
  const addresses = [url, mirrorlist, metalink].filter((one) => one !== null);
  if (addresses.length === 0) throw bad('an address, a mirror list or a metalink must be said');
  const wrong = addresses.find((one) => !URL.canParse(one.replaceAll('$', '')));
  if (wrong !== undefined) throw bad(`${wrong} is no address`);
  if (mirrorlist !== null && metalink !== null) throw bad('a mirror list and a metalink are said; say one');
  if (keys.length === 0 && (checkRepoKey || checkPackages))
    throw bad('signatures are to be checked and no key is given');
}

/** What an event says: an address may hold a password. */
function shown({ keys, certificates, ...said }: Definition): Record<string, unknown> {
  const of = (text: string | null) => text?.replace(/(:\/\/)[^/@]*@/, '$1') ?? null;
  return {
    ...said,
    ...{ url: of(said.url), mirrorlist: of(said.mirrorlist), metalink: of(said.metalink) },
    keys: certificates.map((one) => one.fingerprint),
  };
}
