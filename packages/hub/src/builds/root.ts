/**
 * What a builder is told of the root: made from the ledger and the build's options, nothing else.
 *
 * Invariant: all tasks of a build see the one revision that the first of them pinned.
 */
import { createHash } from 'node:crypto';
import type { BuildOptions, RootOrder, TagSettings } from '@moromi/contract';
import { Problem } from '@moromi/contract';
import type { Needs } from '@moromi/schedule';
import {
  packageSettings,
  rootArches,
  rootSettings,
  settingsWith,
  type TagFacts,
  tagsById,
} from '../catalog/index.ts';
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
    nvr = null,
    links = [],
    settings: known,
  }: { name?: string; nvr?: string | null; links?: readonly Link[]; settings?: TagSettings } = {},
): Promise<RootOrder> {
  const settings = known ?? (await settingsWith(tx, buildTag, options.flavours));
  const special = rootSettings(settings, arch, name === undefined ? undefined : { name, nvr });
  const { with: on, without: off } = conditions(special, options);
  const own = await repositories.address(tx, revision, arch);
  return {
    arch,
    repos: [
      ...(await linkedRepos(tx, repositories, links, arch)),
      { id: `build-${buildTag.name}`, baseurl: own.baseurl, priority: ownPriority, revision: own.state },
      ...(own.merged ? [] : unmerged(settings, arch)),
    ],
    groups: special.groups,
    macros: macros(special, options),
    with: on,
    without: off,
    network: special.network,
    ...(special.modules.length === 0 ? {} : { modules: special.modules }),
    ...(Object.keys(special.mock).length === 0 ? {} : { mock: special.mock }),
    timeoutSeconds: special.timeoutSeconds,
    stuckSeconds: special.stuckSeconds,
    keepFailed: options.keepFailed ?? 0,
  };
}

/** Revisions from before external repositories were merged, and of tags that have got one since, lack them. */
function unmerged({ externalRepos }: TagSettings, arch: string): RootOrder['repos'] {
  return externalRepos.map(({ name, url, priority }) => ({
    id: name,
    baseurl: url.replaceAll('$arch', arch),
    priority,
  }));
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
  for (const { tag: id, priority, revision } of await pinned(tx, repositories, links)) {
    const { baseurl, state } = await repositories.address(tx, revision, arch);
    repos.push({ id: tags.get(id)?.name ?? `link-${id}`, baseurl, priority, revision: state });
  }
  return repos;
}

/** Links with the revisions that a build which starts now sees, where none is pinned yet. */
export async function pinned(
  tx: Tx,
  repositories: Repositories,
  links: readonly Link[],
): Promise<(Link & { revision: number })[]> {
  const tags = await tagsById(
    tx,
    links.map((one) => one.tag),
  );
  const found = [];
  for (const link of links) {
    const tag = tags.get(link.tag);
    const revision = link.revision ?? (tag === undefined ? undefined : await repositories.current(tx, tag));
    if (revision === undefined)
      throw new NotYet(`${link.name}, which it wants to see, has no repository yet`);
    found.push({ ...link, revision });
  }
  return found;
}

/** What is said of one build goes before what its tag says. */
function conditions(
  settings: Pick<TagSettings, 'with' | 'without'>,
  options: BuildOptions,
): Pick<TagSettings, 'with' | 'without'> {
  const on = options.with ?? [];
  const off = options.without ?? [];
  return {
    with: [...settings.with.filter((one) => !off.includes(one) && !on.includes(one)), ...on],
    without: [...settings.without.filter((one) => !on.includes(one) && !off.includes(one)), ...off],
  };
}

function macros(settings: Pick<TagSettings, 'macros'>, options: BuildOptions): Record<string, string> {
  return {
    ...settings.macros,
    ...(options.dist === undefined ? {} : { dist: options.dist }),
    ...(options.define ?? {}),
  };
}

/** Names what defines a root but for the packages in its repositories. */
export function rootKey(settings: TagSettings, options: BuildOptions): string {
  const { groups, externalRepos, network, modules, mock, packages, builds, perArch } = settings;
  const said = Object.entries(macros(settings, options)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const chosen = conditions(settings, options);
  const usual = [groups, externalRepos, said, chosen.with, chosen.without];
  const rest = {
    network,
    packages: rootWords(packages),
    builds: rootWords(builds),
    perArch,
    modules,
    mock,
    flavours: options.flavours ?? [],
  };
  // Keys from before there was more to say stay what they were.
  const more = Object.entries(rest).filter(([, value]) => value !== false && Object.keys(value).length > 0);
  return createHash('sha256')
    .update(JSON.stringify(more.length === 0 ? usual : [...usual, more]))
    .digest('hex');
}

/** Of what is said of packages, what makes their roots other ones. */
function rootWords(said: TagSettings['packages']): [string, unknown][] {
  return Object.entries(said).flatMap(([glob, one]) => {
    const { macros, with: on, without, network, modules, mock, groups } = one;
    const words = { macros, with: on, without, network, modules, mock, groups };
    const isSaid = Object.values(words).some((word) => word !== undefined);
    return isSaid ? [[glob, words] as [string, unknown]] : [];
  });
}

/**
 * The architectures that a build of a package asks for.
 * @param extra those that the destination's package list adds
 */
export function wantedArches(
  settings: TagSettings,
  options: BuildOptions,
  name: string,
  extra: readonly string[] = [],
): WantedArches {
  const { arches: base, optionalArches: optional } = settings;
  const known = [...base, ...rootArches(settings), 'noarch'];
  const strange = extra.find((arch) => !known.includes(arch));
  if (strange !== undefined)
    throw new Problem(
      'unknown_arch',
      `the package list wants ${name} for ${strange}, of which the target has no roots: name it among the build tag's optional architectures`,
    );
  const additional = [...(packageSettings(settings, name).additionalArches ?? []), ...extra];
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
  nvr?: string,
): { channel?: string; weight?: number; needs: Partial<Needs> } {
  const { channel, weight, memoryMb, diskMb, cores } = packageSettings(settings, name, nvr);
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
