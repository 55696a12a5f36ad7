/**
 * What a change makes of the packages of one architecture: the requirements that nothing meets, and the libraries that
 * come and go.
 *
 * Invariant: the report depends on the two sets of packages alone. A requirement is the same on both sides where name and
 * architecture of its package and its text are; of each package of a side it is told once, so what was unmet is unmet
 * still or mended, and between equal sides nothing is new, mended, gone or added.
 */
import { type ClosedPackage, Closure, namesIn, type Requirement, sonameOf } from '@moromi/repodata';
import type { Breath } from '../plan/breath.ts';
import type { Report } from './report.ts';

type Packages = ReadonlySet<ClosedPackage>;

export interface Compared {
  arch: string;
  before: Packages;
  after: Packages;
}

export async function compare(compared: Compared, report: Report, breath: Breath): Promise<void> {
  await compareUnmet(compared, report, breath);
  await compareSonames(compared, report, breath);
}

async function compareUnmet(
  { arch, before, after }: Compared,
  report: Report,
  breath: Breath,
): Promise<void> {
  const unmetBefore = new Map<string, ReadonlySet<Requirement>>();
  let mended = 0;
  for await (const { pkg, unmet } of unmetOf(before, breath)) {
    unmetBefore.set(keyOf(pkg), new Set(unmet));
    mended += unmet.length;
  }
  for await (const { pkg, unmet } of unmetOf(after, breath)) {
    const known = unmetBefore.get(keyOf(pkg));
    for (const requirement of unmet) {
      const isOld = known?.has(requirement) === true;
      if (isOld) mended--;
      report.unmet(arch, pkg, requirement.text, isOld);
    }
  }
  report.mended(mended);
}

async function* unmetOf(
  packages: Packages,
  breath: Breath,
): AsyncGenerator<{ pkg: ClosedPackage; unmet: readonly Requirement[] }, void, undefined> {
  const closure = new Closure();
  for (const pkg of packages) {
    closure.add(pkg);
    if (breath.due) await breath.take();
  }
  for (const pkg of packages) {
    const unmet = closure.unmetOf(pkg);
    if (unmet.length > 0) yield { pkg, unmet };
    if (breath.due) await breath.take();
  }
}

function keyOf({ name, arch }: ClosedPackage): string {
  return `${name}.${arch}`;
}

async function compareSonames(
  { arch, before, after }: Compared,
  report: Report,
  breath: Breath,
): Promise<void> {
  const old = await sonamesOf(before, breath);
  const now = await sonamesOf(after, breath);
  const gone = [...old].filter((soname) => !now.has(soname)).sort();
  const users = await usersOf(new Set(gone), after, breath);
  for (const soname of gone) report.gone(arch, soname, users.get(soname) ?? []);
  for (const soname of [...now].filter((one) => !old.has(one)).sort()) report.added(arch, soname);
}

async function sonamesOf(packages: Packages, breath: Breath): Promise<Set<string>> {
  const found = new Set<string>();
  for (const { provides } of packages) {
    for (const { name } of provides) {
      const soname = sonameOf(name);
      if (soname !== undefined) found.add(soname);
    }
    if (breath.due) await breath.take();
  }
  return found;
}

/** By soname, packages that would have it installed. */
async function usersOf(
  sonames: ReadonlySet<string>,
  packages: Packages,
  breath: Breath,
): Promise<Map<string, Set<ClosedPackage>>> {
  const users = new Map<string, Set<ClosedPackage>>();
  if (sonames.size === 0) return users;
  for (const pkg of packages) {
    for (const name of pkg.requirements.flatMap((one) => namesIn(one, 'wanted'))) {
      const soname = sonameOf(name);
      if (soname === undefined || !sonames.has(soname)) continue;
      const known = users.get(soname);
      if (known === undefined) users.set(soname, new Set([pkg]));
      else known.add(pkg);
    }
    if (breath.due) await breath.take();
  }
  return users;
}
