/**
 * What a tag says of keys, and how that changes.
 *
 * Invariant: every change of it is a numbered change of the catalogue. A key signs in one form for all tags, since a
 * package has one copy for each key.
 */
import { type NewTagKey, Problem } from '@moromi/contract';
import {
  beginChange,
  edges,
  inheritors,
  newestChange,
  requireOwn,
  requireTag,
  type TagFacts,
} from '../catalog/index.ts';
import { type Reader, type Tx, tell } from '../ledger/index.ts';
import { formFor, whyUnreadable } from './certificate.ts';
import { type KeyFacts, sayings, sayKey, type TagKeyFacts, unsayKey } from './key-queries.ts';
import { requireUsable } from './key-state.ts';
import { Policies } from './policy.ts';
import { lookAt } from './wants.ts';

export async function setTagKey(tx: Tx, actor: string, name: string, wanted: NewTagKey): Promise<void> {
  const what = wanted.key === null ? 'no signature' : `the signatures of ${wanted.key}`;
  const change = await beginChange(tx, actor, `tag ${name} wants ${what}`);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  await putTagKey(tx, change, actor, tag, wanted);
  await lookAt(tx, await below(tx, tag.id), change, actor);
}

/** Lets a tag itself want exactly these, within a change that has begun. */
export async function wantExactly(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  wanted: readonly NewTagKey[],
): Promise<void> {
  await unsayKey(tx, tag.id, undefined, change);
  for (const one of wanted) await putTagKey(tx, change, actor, tag, one);
  await lookAt(tx, await below(tx, tag.id), change, actor);
}

/** What a tag itself says of keys, as it would be said again. */
export async function ownKeys(reader: Reader, tag: number, change?: number): Promise<NewTagKey[]> {
  return (await sayings(reader, change))
    .filter((one) => one.tag === tag)
    .map(({ name, form, arches, rpm }) => ({
      key: name,
      form,
      ...(arches === null ? {} : { arches }),
      ...(rpm === null ? {} : { rpm }),
    }));
}

async function putTagKey(
  tx: Tx,
  change: number,
  actor: string,
  tag: TagFacts,
  wanted: NewTagKey,
): Promise<void> {
  const key = wanted.key === null ? null : await requireUsable(tx, wanted.key);
  const rpm = wanted.rpm ?? null;
  const form = wanted.form ?? (rpm === null ? 'header' : formFor(rpm));
  if (rpm !== null && form === 'header' && formFor(rpm) !== form)
    throw new Problem(
      'bad_request',
      `rpm ${rpm} checks the payload by a signature of header and payload alone`,
    );
  if (key !== null) {
    checkFit(key, rpm);
    checkForm(await sayings(tx), key, form, tag.id);
  }
  // Who wants none wants nothing else, and who wants a key does not want none.
  await unsayKey(tx, tag.id, key === null ? undefined : null, change);
  if (key !== null) await unsayKey(tx, tag.id, key.id, change);
  await sayKey(tx, { tag: tag.id, key: key?.id ?? null, form, arches: wanted.arches ?? null, rpm }, change);
  tell(tx, {
    type: 'tag.key-set',
    subject: `tag:${tag.name}`,
    actor,
    data: { change, key: wanted.key, form, arches: wanted.arches ?? null, rpm },
  });
}

export async function removeTagKey(tx: Tx, actor: string, name: string, key: KeyFacts | null): Promise<void> {
  const what = key === null ? 'none' : key.name;
  const change = await beginChange(tx, actor, `tag ${name} says no more that it wants ${what}`);
  const tag = await requireTag(tx, name);
  await requireOwn(tx, tag);
  const said = await unsayKey(tx, tag.id, key?.id ?? null, change);
  if (said === 0) throw new Problem('unknown_key', `${name} says nothing itself of ${what}`);
  tell(tx, {
    type: 'tag.key-removed',
    subject: `tag:${tag.name}`,
    actor,
    data: { change, key: key?.name ?? null },
  });
  await lookAt(tx, await below(tx, tag.id), change, actor);
}

/** In all tags that want one key another takes its place. */
export async function replaceKey(tx: Tx, actor: string, old: KeyFacts, fresh: KeyFacts): Promise<void> {
  const change = await beginChange(tx, actor, `key ${fresh.name} takes the place of ${old.name}`);
  const all = await sayings(tx);
  const said = all.filter((one) => one.key === old.id);
  for (const one of said) {
    checkFit(fresh, one.rpm);
    checkForm(all, fresh, one.form, one.tag);
    await unsayKey(tx, one.tag, old.id, change);
    await unsayKey(tx, one.tag, fresh.id, change);
    await sayKey(tx, { ...one, key: fresh.id }, change);
  }
  const policies = await Policies.read(tx);
  const tags = new Set(said.flatMap((one) => policies.below(one.tag)));
  await lookAt(
    tx,
    [...tags].map((id) => ({ id })),
    change,
    actor,
  );
}

async function below(tx: Tx, tag: number): Promise<{ id: number }[]> {
  return inheritors(await edges(tx, await newestChange(tx)), tag).map((id) => ({ id }));
}

/** The release's rpm must know that kind of key. */
function checkFit(key: KeyFacts, rpm: string | null): void {
  const why = rpm === null ? null : whyUnreadable(key.algorithm, rpm);
  if (why !== null) throw new Problem('key_unfit', `${key.name}: ${why}`);
}

function checkForm(said: readonly TagKeyFacts[], key: KeyFacts, form: string, tag: number): void {
  const other = said.find((one) => one.key === key.id && one.form !== form && one.tag !== tag);
  if (other !== undefined)
    throw new Problem(
      'form_differs',
      `${key.name} signs as ${other.form} for another tag, and not as ${form}`,
    );
}
