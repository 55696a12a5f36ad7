/**
 * An advisory of updateinfo, and what is done with many: merged, and cut down to the packages of a repository.
 *
 * Invariant: of one id there is one advisory, the newest; none says of a package that it is there which is not.
 */
import { rpmvercmp } from '@moromi/rpm';

/** Fields are null or empty where the document does not have them. */
export interface Update {
  /** `RHSA-2026:0001`, `FEDORA-2026-abc` */
  readonly id: string;
  /** Who sent it: `updates@example.org`. */
  readonly from: string | null;
  /** `final`, `stable`, … */
  readonly status: string | null;
  /** `security`, `bugfix`, `enhancement`, `newpackage` */
  readonly type: string | null;
  readonly version: string | null;
  readonly title: string | null;
  /** As written: `2026-11-22 03:04:05`. */
  readonly issued: string | null;
  readonly updated: string | null;
  readonly rights: string | null;
  readonly release: string | null;
  readonly pushcount: string | null;
  /** `Critical`, `Important`, `Moderate`, `Low`, `None` */
  readonly severity: string | null;
  readonly summary: string | null;
  readonly description: string | null;
  readonly solution: string | null;
  readonly rebootSuggested: boolean;
  readonly references: readonly UpdateReference[];
  readonly collections: readonly UpdateCollection[];
}

export interface UpdateReference {
  readonly href: string;
  readonly id: string | null;
  /** `bugzilla`, `cve`, `self`, `other` */
  readonly type: string | null;
  readonly title: string | null;
}

export interface UpdateCollection {
  readonly short: string | null;
  readonly name: string | null;
  readonly module: UpdateModule | null;
  readonly packages: readonly UpdatePackage[];
}

export interface UpdateModule {
  readonly name: string;
  readonly stream: string;
  /** A number of up to 64 bits, as written. */
  readonly version: string;
  readonly context: string;
  readonly arch: string;
}

export interface UpdatePackage {
  readonly name: string;
  readonly epoch: number | null;
  readonly version: string;
  readonly release: string;
  readonly arch: string;
  /** Address or file name of its source package. */
  readonly src: string | null;
  readonly filename: string | null;
  readonly sum: { readonly type: string; readonly value: string } | null;
  readonly rebootSuggested: boolean;
  readonly restartSuggested: boolean;
  readonly reloginSuggested: boolean;
}

/** Of one id the newest: by version, then by the time when it was updated or issued, then the one that was seen first. */
export class Updates {
  readonly #byId = new Map<string, Update>();

  add(update: Update): void {
    const known = this.#byId.get(update.id);
    if (known === undefined || isNewer(update, known)) this.#byId.set(update.id, update);
  }

  /** By id, so that the same advisories give the same document. */
  all(): Update[] {
    return [...this.#byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

function isNewer(one: Update, other: Update): boolean {
  const order = rpmvercmp(one.version ?? '0', other.version ?? '0');
  if (order !== 0) return order > 0;
  // Times are written with the greatest unit first.
  return (one.updated ?? one.issued ?? '') > (other.updated ?? other.issued ?? '');
}

/**
 * The advisory as far as it is about packages that a repository has; undefined where it is about none of them.
 * @param has whether the repository has the package
 */
export function narrowed(update: Update, has: (one: UpdatePackage) => boolean): Update | undefined {
  const collections = update.collections
    .map((collection) => ({ ...collection, packages: collection.packages.filter(has) }))
    .filter(({ packages }) => packages.length > 0);
  return collections.length === 0 ? undefined : { ...update, collections };
}
