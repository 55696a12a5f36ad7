/**
 * What a tag says about buildroots, with what it inherits.
 *
 * Invariant: pure. The nearest tag that says something wins: per macro, per external repository, per group, and for
 * architectures and time limit as a whole.
 */
import type { TagSettings } from '@moromi/contract';

/** What a tag itself says; anything may be left to its parents. */
export type OwnSettings = Partial<TagSettings>;

const defaults: TagSettings = {
  arches: [],
  macros: {},
  externalRepos: [],
  // The group that RPM distributions have in their comps for this; for both, so that both share one root layer.
  groups: { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build'] },
  timeoutSeconds: 24 * 3600,
};

/** @param chain the tag's own settings, then those of its ancestors, nearest first */
export function effectiveSettings(chain: readonly OwnSettings[]): TagSettings {
  const repos = new Map<string, TagSettings['externalRepos'][number]>();
  // A map, because a macro may be called as a property that every object has.
  const macros = new Map<string, string>();
  for (const one of chain) {
    for (const repo of one.externalRepos ?? []) if (!repos.has(repo.name)) repos.set(repo.name, repo);
    for (const [name, value] of Object.entries(one.macros ?? {}))
      if (!macros.has(name)) macros.set(name, value);
  }
  return {
    arches: chain.find((one) => (one.arches?.length ?? 0) > 0)?.arches ?? defaults.arches,
    macros: Object.fromEntries(macros),
    externalRepos: [...repos.values()],
    groups: {
      srpmBuild:
        chain.find((one) => (one.groups?.srpmBuild.length ?? 0) > 0)?.groups?.srpmBuild ??
        defaults.groups.srpmBuild,
      build: chain.find((one) => (one.groups?.build.length ?? 0) > 0)?.groups?.build ?? defaults.groups.build,
    },
    timeoutSeconds:
      chain.find((one) => one.timeoutSeconds !== undefined)?.timeoutSeconds ?? defaults.timeoutSeconds,
  };
}
