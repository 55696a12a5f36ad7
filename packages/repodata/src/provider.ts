/**
 * A package as a provider: what it is, where it stands, and which of several is preferred.
 *
 * Invariant: two different providers are never equal in either order, so both orders are total and no answer depends on
 * which package was seen first.
 */
import { compareEvr } from '@moromi/rpm';
import type { PrimaryPackage } from './primary.ts';

export interface Provider extends PrimaryPackage {
  /** File name of the source package; null where it is not known. */
  readonly sourceRpm: string | null;
  /** Of the repository; the lower number is preferred, as in dnf. */
  readonly priority: number;
}

/** Architectures that a repository carries beside its own, for programs of 32 bits. */
const secondArch = /^(?:i[3-6]86|athlon|geode|pentium[34]|ppc|s390|armv[5-7]h?n?l|sparcv[89])$/;

/** Whether `a` takes the place of `b`, of the same name. Equal versions are told apart by what is in the file. */
export function isNewer(a: PrimaryPackage, b: PrimaryPackage): boolean {
  const order = compareEvr(a, b);
  return order === 0 ? contentOf(a) < contentOf(b) : order > 0;
}

/**
 * Preferred ones first: the lower priority, a package of a name that is `required`, one that is not of a second
 * architecture, the shorter name, names in order.
 */
export function preference(required: ReadonlySet<string>): (a: Provider, b: Provider) => number {
  const ranks = (one: Provider): [number, number, number, number] => [
    one.priority,
    required.has(one.name) ? 0 : 1,
    secondArch.test(one.arch) ? 1 : 0,
    one.name.length,
  ];
  const text = (one: Provider) => `${one.name} ${one.arch} ${contentOf(one)}`;
  return (a, b) => {
    const ranksB = ranks(b);
    for (const [at, rank] of ranks(a).entries()) {
      const more = rank - (ranksB[at] ?? 0);
      if (more !== 0) return more;
    }
    return text(a) < text(b) ? -1 : 1;
  };
}

function contentOf({ sha256, location }: PrimaryPackage): string {
  return `${sha256} ${location}`;
}
