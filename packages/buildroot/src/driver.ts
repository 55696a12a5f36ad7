/**
 * One interface for the place where a package is built, two drivers behind it (`mock`, `native`).
 *
 * Invariant: a driver never decides about the ledger. It takes an order, writes logs into the order's log folder
 * while it works, and either returns files or throws a `BuildFailure` that says whose fault it was. Whatever way it
 * ends (also by the signal, also by SIGKILL of the calling process), no process of the build outlives it.
 */

/** A repository that the buildroot installs from; dnf semantics: a lower priority number wins. */
export interface Repo {
  id: string;
  baseurl: string;
  priority: number;
  /** Names a state of the repository that never changes; without it nothing resolved from it is remembered. */
  revision?: string;
}

/** Options of mock, by mock's names; all that an order can say of them, whatever the driver. */
export interface MockOptions {
  /** Whether %check runs. */
  check?: boolean;
  /** Installed beside the group. */
  chroot_additional_packages?: string[];
  /** Of dnf.conf: globs of packages that no root gets. */
  excludepkgs?: string[];
  /** Of dnf.conf: the platform that modules ask for, `platform:el9`. */
  module_platform_id?: string;
  /** Rounds of %generate_buildrequires. */
  dynamic_buildrequires_max_loops?: number;
  module_install?: string[];
  nosync?: boolean;
}

export interface BuildOrder {
  /** Unique on this machine, `[A-Za-z0-9._-]+`: `<task>-<attempt>`. */
  id: string;
  /** Architecture of the root: `x86_64`, `i686`, `aarch64`. A noarch package is built in one of them. */
  arch: string;
  /** What rpmbuild is told to build for where that is not the root's architecture: all results are noarch then. */
  target?: 'noarch';
  repos: Repo[];
  /** What stands in the root before any BuildRequires: `@buildsys-build` or names. */
  groups: { srpmBuild: string[]; build: string[] };
  /** RPM macros without the leading `%`: `{ dist: '.el9', vendor: 'Example' }`. */
  macros: Record<string, string>;
  with: string[];
  without: string[];
  network: boolean;
  /** Streams of modules, `NAME:STREAM`, that are enabled before anything is resolved. */
  modules?: string[];
  mock?: MockOptions;
  /** Wall time for one step, in seconds. */
  timeoutSeconds: number;
  /** Nothing is built where the root comes out with these packages, as {@link rootHash} names them. mock ignores it. */
  unless?: string;
  /**
   * BuildRequires that the source package's header states, in rpm's words. The native driver makes the root for them while
   * the spec is read, and the one that the spec asks for where that is another. mock ignores it.
   */
  expects?: readonly string[];
  /** Greatest memory of the build in MiB, where the machine can hold it to that. */
  memoryMib?: number;
  /** Logs are written here while the step runs: root.log, build.log, state.log, hw_info.log, installed_pkgs.log. */
  logDir: string;
}

export interface InstalledPackage {
  nevra: string;
  /** SHA-256 of the .rpm file as its repository's metadata states it (checked when it was downloaded), hex. */
  sha256: string;
  repo: string;
}

export interface SourceResult {
  srpm: string;
  installed: InstalledPackage[];
}

export interface BinaryResult {
  /** The source package rebuilt in this root; the binaries' SOURCERPM names it. */
  srpm: string;
  rpms: string[];
  installed: InstalledPackage[];
}

/** What the steps in a root took of the machine; 0 where that cannot be told. */
export interface Used {
  /**
   * The most that the build's processes held at one time, looked at twice a second: anonymous memory and, where a
   * cgroup counts, files in a tmpfs. Cache of files is never in it. Installing the root's packages is not, but for mock.
   */
  memoryMib: number;
  /**
   * What is allocated below the order's folder now: /builddir with the unpacked sources and all that was made of them,
   * the results, and what was written to the root (an overlay's upper layer; a copied root is in it as a whole). It is
   * asked after the last step, when rpmbuild has not cleaned up yet; what the build itself removed is not in it.
   */
  diskMib: number;
}

/** A root kept after a failure for `moromi shell`. */
export interface KeptRoot {
  /** A folder that holds `kept.json`, which names the driver and all that `enterKept` needs. */
  dir: string;
  until: Date;
}

/**
 * A change to a spec file's text. Bytes that are no UTF-8 stand in it as single surrogates (`spec-bytes.ts`) and are to
 * be left as they are. May throw `BuildFailure`.
 */
export type SpecEdit = (spec: string) => string;

export interface Buildroot {
  /**
   * Rebuilds the source package with the order's macros (so that `%dist` is the target's), without BuildRequires
   * installed but with the group `srpmBuild`; `%generate_buildrequires` is not run here.
   * @param edit of the spec file, before anything reads it
   */
  buildSource(srpm: string, signal: AbortSignal, edit?: SpecEdit): Promise<SourceResult>;
  /**
   * Installs the group `build` and the BuildRequires (static and generated, in rounds until nothing is new), then
   * rebuilds source and binary packages. Throws `SameRoot` where the order's `unless` says so.
   */
  buildBinary(srpm: string, signal: AbortSignal): Promise<BinaryResult>;
  /** Asked after a step and before the root goes. Never throws. */
  used(signal: AbortSignal): Promise<Used>;
  /** Leaves the root where it is for `moromi shell`, until the given time. */
  keep(until: Date): Promise<KeptRoot>;
  /** Removes everything the root took; safe to call twice. */
  destroy(): Promise<void>;
}

export type ArchRun = 'itself' | 'emulated' | 'not';

/** What this machine allows, found by trying it; shown by the hub beside the worker. */
export interface Probe {
  driver: 'native' | 'mock';
  /** Can it build at all; if not, `problems` says why. */
  usable: boolean;
  /** `overlay` (fresh root at once), `copy` (slow), for mock what mock itself does. */
  roots: 'overlay' | 'copy' | 'mock';
  isolation: 'namespaces' | 'chroot' | 'mock';
  /** How resource limits are kept here. */
  cgroups: 'v2' | 'v1' | 'none';
  /** The architectures that were asked about: run by the processor itself, emulated (slow), or not at all. */
  arches?: Record<string, ArchRun>;
  /** One sentence for each thing that is less than it could be, with what to do. */
  warnings: string[];
  problems: string[];
  versions: Record<string, string>;
}

export interface Driver {
  readonly name: 'native' | 'mock';
  /** @param arches architectures of roots to try; the driver is not usable where none of them runs. */
  probe(arches?: readonly string[]): Promise<Probe>;
  /** Cheap: nothing is installed until a build step asks for it. */
  open(order: BuildOrder): Promise<Buildroot>;
}

/**
 * Codes of what can go wrong in a build. `fault` decides what happens next: a package's own failure is final, an
 * infrastructure failure is tried again elsewhere, `excluded` is neither.
 */
export const buildFailures = {
  spec_unreadable: 'package',
  no_release: 'package',
  prep_failed: 'package',
  buildrequires_missing: 'package',
  generate_buildrequires_failed: 'package',
  build_failed: 'package',
  install_failed: 'package',
  check_failed: 'package',
  files_failed: 'package',
  build_timeout: 'package',
  arch_excluded: 'excluded',
  srpm_damaged: 'package',
  repo_unreachable: 'infrastructure',
  disk_full: 'infrastructure',
  out_of_memory: 'infrastructure',
  root_failed: 'infrastructure',
  config_failed: 'infrastructure',
  canceled: 'canceled',
} as const;

export type BuildFailureCode = keyof typeof buildFailures;

export class BuildFailure extends Error {
  readonly code: BuildFailureCode;
  /** The lines of a log that show it, at most 2 KB. */
  readonly excerpt: string;

  constructor(code: BuildFailureCode, message: string, excerpt = '') {
    super(message);
    this.name = 'BuildFailure';
    this.code = code;
    this.excerpt = excerpt;
  }

  get fault(): (typeof buildFailures)[BuildFailureCode] {
    return buildFailures[this.code];
  }
}
