/**
 * What a tag says about buildroots, with what it inherits.
 *
 * Invariant: pure. The nearest tag that says something wins: per macro, per condition, per module, per option of mock, per
 * external repository, per group, per glob, per architecture, and for everything else as a whole. For a root the most
 * exact word comes before the nearest: what an ancestor says of a package holds where a child speaks of all.
 */
import type { MockOptions, PackageSettings, TagSettings } from '@moromi/contract';
import { excludedBy } from '@moromi/schedule';

/** What a tag itself says; anything may be left to its parents. */
export type OwnSettings = Partial<TagSettings>;

const defaults: TagSettings = {
  arches: [],
  macros: {},
  with: [],
  without: [],
  network: false,
  modules: [],
  mock: {},
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
  builds: {},
  perArch: {},
  latest: 'tagged',
  packageList: 'open',
  keepRevisions: null,
  keepHours: null,
};

/** @param chain the tag's own settings, then those of its ancestors, nearest first */
export function effectiveSettings(chain: readonly OwnSettings[]): TagSettings {
  const nearest = <K extends keyof TagSettings>(key: K): TagSettings[K] =>
    chain.find((one) => one[key] !== undefined && one[key] !== null)?.[key] ?? defaults[key];
  const group = (key: 'srpmBuild' | 'build') =>
    chain.find((one) => (one.groups?.[key].length ?? 0) > 0)?.groups?.[key] ?? defaults.groups[key];
  const conditions = keptFirst(chain.map(conditionsOf));
  return {
    arches: chain.find((one) => (one.arches?.length ?? 0) > 0)?.arches ?? defaults.arches,
    macros: keptFirst(chain.map((one) => one.macros)),
    with: Object.keys(conditions).filter((name) => conditions[name] === true),
    without: Object.keys(conditions).filter((name) => conditions[name] === false),
    network: nearest('network'),
    modules: modulesOf(chain),
    mock: keptFirst(chain.map((one) => one.mock)) as MockOptions,
    externalRepos: Object.values(
      keptFirst(
        chain.map((one) => Object.fromEntries((one.externalRepos ?? []).map((repo) => [repo.name, repo]))),
      ),
    ),
    packages: keptFirst(chain.map((one) => one.packages)),
    builds: keptFirst(chain.map((one) => one.builds)),
    perArch: keptFirst(chain.map((one) => one.perArch)),
    cpuLevels: keptFirst(chain.map((one) => one.cpuLevels)),
    timeoutSeconds: nearest('timeoutSeconds'),
    stuckSeconds: nearest('stuckSeconds'),
    optionalArches: nearest('optionalArches'),
    toleratedArches: nearest('toleratedArches'),
    failFast: nearest('failFast'),
    priority: nearest('priority'),
    latest: nearest('latest'),
    packageList: nearest('packageList'),
    keepRevisions: nearest('keepRevisions'),
    keepHours: nearest('keepHours'),
    groups: { srpmBuild: group('srpmBuild'), build: group('build') },
  };
}

/** The first word on each name. The map in between is there because a name may be one that every object has. */
function keptFirst<T>(said: readonly (Record<string, T> | undefined | null)[]): Record<string, T> {
  const kept = new Map<string, T>();
  for (const one of said)
    for (const [name, value] of Object.entries(one ?? {})) if (!kept.has(name)) kept.set(name, value);
  return Object.fromEntries(kept);
}

type Conditions = Pick<OwnSettings, 'with' | 'without'>;

function conditionsOf(one: Conditions): Record<string, boolean> {
  return Object.fromEntries([
    ...(one.with ?? []).map((name): [string, boolean] => [name, true]),
    ...(one.without ?? []).map((name): [string, boolean] => [name, false]),
  ]);
}

/** The nearest word on each module; sorted, as the order says nothing. */
function modulesOf(said: readonly Partial<Pick<TagSettings, 'modules'>>[]): string[] {
  const streams = said.map((one) =>
    Object.fromEntries((one.modules ?? []).map((stream) => [stream.slice(0, stream.indexOf(':')), stream])),
  );
  return Object.values(keptFirst(streams)).toSorted();
}

/** What is built, as far as it is known. */
export interface Subject {
  name: string;
  /** Name-version-release; not known before the source package is rebuilt. */
  nvr?: string | null;
}

/**
 * What a package's settings are: of the globs that it matches, the longer one's word counts, and what is said of its
 * name-version-release before what is said of its name.
 */
export function packageSettings(
  settings: Pick<TagSettings, 'packages'> & Partial<Pick<TagSettings, 'builds'>>,
  name: string,
  nvr?: string | null,
): PackageSettings {
  return Object.assign(
    {},
    ...matching(settings.packages, name),
    ...(nvr === undefined || nvr === null ? [] : matching(settings.builds ?? {}, nvr)),
  );
}

/** What is said of a text, the shortest glob's words first. */
function matching<T>(said: Record<string, T>, text: string): T[] {
  return Object.entries(said)
    .filter(([glob]) => excludedBy(text, [glob]) !== undefined)
    .toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
    .map(([, one]) => one);
}

export type RootSettings = Pick<
  TagSettings,
  | 'macros'
  | 'with'
  | 'without'
  | 'network'
  | 'modules'
  | 'mock'
  | 'groups'
  | 'timeoutSeconds'
  | 'stuckSeconds'
>;

/** What holds for one root: of an architecture, and of a package where it is for one; the most exact word counts. */
export function rootSettings(settings: TagSettings, arch: string, subject?: Subject): RootSettings {
  const layers: Partial<RootSettings>[] = [
    ...(subject?.nvr === undefined || subject.nvr === null
      ? []
      : matching(settings.builds, subject.nvr).toReversed()),
    ...(subject === undefined ? [] : matching(settings.packages, subject.name).toReversed()),
    ...(Object.hasOwn(settings.perArch, arch) ? [settings.perArch[arch] ?? {}] : []),
    settings,
  ];
  const first = <K extends keyof RootSettings>(key: K): RootSettings[K] =>
    layers.find((one) => one[key] !== undefined)?.[key] ?? settings[key];
  const group = (key: 'srpmBuild' | 'build') =>
    layers.find((one) => (one.groups?.[key].length ?? 0) > 0)?.groups?.[key] ?? settings.groups[key];
  const conditions = keptFirst(layers.map(conditionsOf));
  return {
    macros: keptFirst(layers.map((one) => one.macros)),
    with: Object.keys(conditions).filter((name) => conditions[name] === true),
    without: Object.keys(conditions).filter((name) => conditions[name] === false),
    network: first('network'),
    modules: modulesOf(layers),
    mock: keptFirst(layers.map((one) => one.mock)) as MockOptions,
    groups: { srpmBuild: group('srpmBuild'), build: group('build') },
    timeoutSeconds: first('timeoutSeconds'),
    stuckSeconds: first('stuckSeconds'),
  };
}

/** Every architecture for which a root may be made: those of the target and what packages want beside them. */
export function rootArches(settings: TagSettings): string[] {
  const additional = [...Object.values(settings.packages), ...Object.values(settings.builds)].flatMap(
    (one) => one.additionalArches ?? [],
  );
  return [...new Set([...settings.arches, ...settings.optionalArches, ...additional])].filter(
    (arch) => arch !== 'noarch',
  );
}
