/**
 * What a tag says about buildroots, with what it inherits.
 *
 * Invariant: pure. The nearest tag that says something wins: per macro, per external repository, per group, per package
 * glob, and for everything else as a whole.
 */
import type { PackageSettings, TagSettings } from '@moromi/contract';
import { excludedBy } from '@moromi/schedule';

/** What a tag itself says; anything may be left to its parents. */
export type OwnSettings = Partial<TagSettings>;

const defaults: TagSettings = {
  arches: [],
  macros: {},
  externalRepos: [],
  // The group that RPM distributions have in their comps for this; for both, so that both share one root layer.
  groups: { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build'] },
  timeoutSeconds: 24 * 3600,
  stuckSeconds: 4 * 3600,
  optionalArches: [],
  toleratedArches: [],
  failFast: false,
  cpuLevels: {},
  priority: null,
  packages: {},
};

/** @param chain the tag's own settings, then those of its ancestors, nearest first */
export function effectiveSettings(chain: readonly OwnSettings[]): TagSettings {
  const repos = new Map<string, TagSettings['externalRepos'][number]>();
  // A map, because a macro may be called as a property that every object has.
  const macros = new Map<string, string>();
  const packages = new Map<string, PackageSettings>();
  const cpuLevels = new Map<string, number>();
  for (const one of chain) {
    for (const repo of one.externalRepos ?? []) if (!repos.has(repo.name)) repos.set(repo.name, repo);
    keepFirst(macros, one.macros);
    keepFirst(packages, one.packages);
    keepFirst(cpuLevels, one.cpuLevels);
  }
  const nearest = <K extends keyof TagSettings>(key: K): TagSettings[K] =>
    chain.find((one) => one[key] !== undefined && one[key] !== null)?.[key] ?? defaults[key];
  return {
    arches: chain.find((one) => (one.arches?.length ?? 0) > 0)?.arches ?? defaults.arches,
    macros: Object.fromEntries(macros),
    externalRepos: [...repos.values()],
    packages: Object.fromEntries(packages),
    cpuLevels: Object.fromEntries(cpuLevels),
    timeoutSeconds: nearest('timeoutSeconds'),
    stuckSeconds: nearest('stuckSeconds'),
    optionalArches: nearest('optionalArches'),
    toleratedArches: nearest('toleratedArches'),
    failFast: nearest('failFast'),
    priority: nearest('priority'),
    groups: {
      srpmBuild:
        chain.find((one) => (one.groups?.srpmBuild.length ?? 0) > 0)?.groups?.srpmBuild ??
        defaults.groups.srpmBuild,
      build: chain.find((one) => (one.groups?.build.length ?? 0) > 0)?.groups?.build ?? defaults.groups.build,
    },
  };
}

function keepFirst<T>(kept: Map<string, T>, said: Record<string, T> | undefined): void {
  for (const [name, value] of Object.entries(said ?? {})) if (!kept.has(name)) kept.set(name, value);
}

/** What a package's settings are: of the globs that it matches, the longer one's word counts. */
export function packageSettings(settings: Pick<TagSettings, 'packages'>, name: string): PackageSettings {
  const matching = Object.entries(settings.packages)
    .filter(([glob]) => excludedBy(name, [glob]) !== undefined)
    .toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  return Object.assign({}, ...matching.map(([, said]) => said));
}

/** Every architecture for which a root may be made: those of the target and what packages want beside them. */
export function rootArches(settings: TagSettings): string[] {
  const additional = Object.values(settings.packages).flatMap((one) => one.additionalArches ?? []);
  return [...new Set([...settings.arches, ...settings.optionalArches, ...additional])].filter(
    (arch) => arch !== 'noarch',
  );
}
