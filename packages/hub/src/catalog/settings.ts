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
  // The names that comps of RPM distributions give these groups; a group that no repository has is an error that the
  // builder names.
  groups: { srpmBuild: ['@srpm-build'], build: ['@buildsys-build'] },
  timeoutSeconds: 24 * 3600,
};

/** @param chain the tag's own settings, then those of its ancestors, nearest first */
export function effectiveSettings(chain: readonly OwnSettings[]): TagSettings {
  const repos = new Map<string, TagSettings['externalRepos'][number]>();
  const macros: Record<string, string> = {};
  for (const one of chain) {
    for (const repo of one.externalRepos ?? []) if (!repos.has(repo.name)) repos.set(repo.name, repo);
    for (const [name, value] of Object.entries(one.macros ?? {})) macros[name] ??= value;
  }
  return {
    arches: chain.find((one) => (one.arches?.length ?? 0) > 0)?.arches ?? defaults.arches,
    macros,
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
