/** Platforms and flavours in the contract's form. */
import type { Flavour, Platform } from '@moromi/contract';
import { type Bundle, newestChange, platformsAllowing, tagsById } from '../catalog/index.ts';
import { ownAttachments } from '../externals/index.ts';
import type { Reader } from '../ledger/index.ts';
import { ownKeys } from '../signing/index.ts';

/** @param change the one that it is shown at; the newest where not said */
export async function showPlatform(
  reader: Reader,
  { name, tag, words, governor }: Bundle<'platform'>,
  change?: number,
): Promise<Platform> {
  const at = change ?? (await newestChange(reader));
  return {
    name,
    ...words,
    externals: await ownAttachments(reader, { id: tag }, at),
    keys: await ownKeys(reader, tag, at),
    tag: await nameOf(reader, tag),
    governor,
    change: at,
  };
}

export async function showFlavour(
  reader: Reader,
  { name, tag, words, governor }: Bundle<'flavour'>,
): Promise<Flavour> {
  const change = await newestChange(reader);
  return {
    name,
    ...words,
    externals: await ownAttachments(reader, { id: tag }, change),
    tag: await nameOf(reader, tag),
    platforms: (await platformsAllowing(reader, name)).map((one) => one.name),
    governor,
    change,
  };
}

async function nameOf(reader: Reader, tag: number): Promise<string> {
  return (await tagsById(reader, [tag])).get(tag)?.name ?? '';
}
