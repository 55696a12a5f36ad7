/** External repositories as everybody outside the hub sees them: without passwords in their addresses. */
import type { Attachment, External, ExternalArch } from '@moromi/contract';
import { newestChange, tagsById } from '../catalog/index.ts';
import type { Reader } from '../ledger/index.ts';
import { type ArchFacts, archesOf, attachmentsAt, type ExternalFacts, tagsNaming } from './queries.ts';
import { nameOf } from './remote.ts';

export async function showExternal(reader: Reader, external: ExternalFacts): Promise<External> {
  const { id, name, setting, definition } = external;
  const { certificates, url, mirrorlist, metalink, ...rest } = definition;
  return {
    name,
    ...rest,
    ...{ url: masked(url), mirrorlist: masked(mirrorlist), metalink: masked(metalink) },
    keys: certificates,
    tags: await tagsOf(reader, external, setting),
    arches: (await archesOf(reader, [id])).map(showArch),
  };
}

async function tagsOf(reader: Reader, external: ExternalFacts, setting: boolean): Promise<Attachment[]> {
  const tags = await tagsById(reader, await tagsNaming(reader, external));
  const said = await attachmentsAt(reader, [...tags.keys()], await newestChange(reader));
  return [...tags.values()].flatMap((tag) => {
    const own = setting
      ? { priority: 50, mode: 'koji' as const, arches: null }
      : said.find((one) => one.tag === tag.id && one.external === external.id);
    if (own === undefined) return [];
    const { priority, mode, arches } = own;
    return [{ external: external.name, tag: tag.name, priority, mode, arches, setting }];
  });
}

function showArch({ arch, snapshot, checkedAt, dueAt, trouble }: ArchFacts): ExternalArch {
  const { id: _, records: __, foundAt, ...shown } = snapshot ?? { id: 0, records: [], foundAt: new Date(0) };
  return {
    arch,
    snapshot:
      snapshot === null ? null : ({ ...shown, foundAt: foundAt.toISOString() } as ExternalArch['snapshot']),
    checkedAt: checkedAt?.toISOString() ?? null,
    nextAt: dueAt?.toISOString() ?? null,
    trouble,
  };
}

function masked(address: string | null): string | null {
  // `$arch` is no part of an address by the letter, and stays as it is.
  return address === null || !/:\/\/[^/]*@/.test(address) ? address : decodeURI(nameOf(new URL(address)));
}
