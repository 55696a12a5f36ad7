/**
 * What a builder is told of the root: made from the ledger and the build's options, nothing else.
 *
 * Invariant: all tasks of a build see the one revision that the first of them pinned.
 */
import type { BuildOptions, RootOrder, TagSettings } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import { settingsOf, type TagFacts } from '../catalog/index.ts';
import type { Tx } from '../ledger/index.ts';
import type { Repositories } from './neighbours.ts';

/** The distribution's own builds win over external repositories of the usual priorities. */
const ownPriority = 10;

export async function rootOrder(
  tx: Tx,
  repositories: Repositories,
  buildTag: TagFacts,
  arch: string,
  options: BuildOptions,
  revision: number,
): Promise<RootOrder> {
  const settings = await settingsOf(tx, buildTag);
  const own = await repositories.address(tx, revision, arch);
  return {
    arch,
    repos: [
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
    timeoutSeconds: settings.timeoutSeconds,
    keepFailed: options.keepFailed ?? 0,
  };
}

function macros(settings: TagSettings, options: BuildOptions): Record<string, string> {
  return {
    ...settings.macros,
    ...(options.dist === undefined ? {} : { dist: options.dist }),
    ...(options.define ?? {}),
  };
}

/** The architectures that a build asks for, in the target's order. */
export function wantedArches(settings: TagSettings, options: BuildOptions): string[] {
  const unknown = (options.arches ?? []).find((arch) => !settings.arches.includes(arch));
  if (unknown !== undefined)
    throw new Problem(
      'unknown_arch',
      `${unknown} is not among the target's architectures: ${settings.arches.join(' ')}`,
    );
  return options.arches === undefined
    ? settings.arches
    : settings.arches.filter((arch) => options.arches?.includes(arch));
}
