/**
 * What a builder is told of the root: made from the ledger and the build's options, nothing else.
 *
 * Invariant: all tasks of a build see the one revision that the first of them pinned.
 */
import { createHash } from 'node:crypto';
import type { BuildOptions, RootOrder, TagSettings } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import type { Needs } from '@moromi/schedule';
import { packageSettings, settingsOf, type TagFacts, tagsById } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';
import { NotYet } from '../tasks/index.ts';
import type { WantedArches } from './arches.ts';
import type { Repositories } from './neighbours.ts';
import type { Link } from './queries.ts';

/** The distribution's own builds win over external repositories of the usual priorities. */
const ownPriority = 10;

export async function rootOrder(
  tx: Tx,
  repositories: Repositories,
  buildTag: TagFacts,
  arch: string,
  options: BuildOptions,
  revision: number,
  {
    name,
    links = [],
    settings: known,
  }: { name?: string; links?: readonly Link[]; settings?: TagSettings } = {},
): Promise<RootOrder> {
  const settings = known ?? (await settingsOf(tx, buildTag));
  const special = name === undefined ? {} : packageSettings(settings, name);
  const own = await repositories.address(tx, revision, arch);
  return {
    arch,
    repos: [
      ...(await linkedRepos(tx, repositories, links, arch)),
      { id: `build-${buildTag.name}`, baseurl: own.baseurl, priority: ownPriority, revision: own.state },
      ...settings.externalRepos.map((repo) => ({
        id: repo.name,
        baseurl: repo.url.replaceAll('$arch', arch),
        priority: repo.priority,
      })),
    ],
    groups: settings.groups,
    macros: macros(settings, options),
    with: options.with ?? [],
    without: options.without ?? [],
    network: false,
    timeoutSeconds: special.timeoutSeconds ?? settings.timeoutSeconds,
    stuckSeconds: special.stuckSeconds ?? settings.stuckSeconds,
    keepFailed: options.keepFailed ?? 0,
  };
}

async function linkedRepos(
  tx: Tx,
  repositories: Repositories,
  links: readonly Link[],
  arch: string,
): Promise<RootOrder['repos']> {
  if (links.length === 0) return [];
  const tags = await tagsById(
    tx,
    links.map((one) => one.tag),
  );
  const repos: RootOrder['repos'] = [];
  for (const { tag: id, priority } of links) {
    const tag = tags.get(id);
    const revision = tag === undefined ? undefined : await repositories.current(tx, tag);
    if (tag === undefined || revision === undefined)
      throw new NotYet(`the builds that it wants to see have no repository yet`);
    const { baseurl, state } = await repositories.address(tx, revision, arch);
    repos.push({ id: tag.name, baseurl, priority, revision: state });
  }
  return repos;
}

function macros(settings: TagSettings, options: BuildOptions): Record<string, string> {
  return {
    ...settings.macros,
    ...(options.dist === undefined ? {} : { dist: options.dist }),
    ...(options.define ?? {}),
  };
}

/** Names what defines a root but for the packages in its repositories. */
export function rootKey(settings: TagSettings, options: BuildOptions): string {
  const { groups, externalRepos } = settings;
  const said = Object.entries(macros(settings, options)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([groups, externalRepos, said, options.with ?? [], options.without ?? []]))
    .digest('hex');
}

/** The architectures that a build of a package asks for. */
export function wantedArches(settings: TagSettings, options: BuildOptions, name: string): WantedArches {
  const { arches: base, optionalArches: optional } = settings;
  const additional = packageSettings(settings, name).additionalArches ?? [];
  const all = [...base, ...optional, ...additional];
  const unknown = (options.arches ?? []).find((arch) => !all.includes(arch));
  if (unknown !== undefined)
    throw new Problem(
      'unknown_arch',
      `${unknown} is not among the target's architectures: ${[...base, ...optional].join(' ')}`,
    );
  return { base, optional, additional, only: options.arches };
}

/** What a package's tasks ask of the machine for an architecture, and of the fleet. */
export function demandsOf(
  settings: TagSettings,
  name: string,
  arch: string,
): { channel?: string; weight?: number; needs: Partial<Needs> } {
  const { channel, weight, memoryMb, diskMb, cores } = packageSettings(settings, name);
  const cpuLevel = settings.cpuLevels[arch];
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(weight === undefined ? {} : { weight }),
    needs: {
      ...(memoryMb === undefined ? {} : { memoryMb }),
      ...(diskMb === undefined ? {} : { diskMb }),
      ...(cores === undefined ? {} : { cores }),
      ...(cpuLevel === undefined ? {} : { cpuLevel }),
    },
  };
}
