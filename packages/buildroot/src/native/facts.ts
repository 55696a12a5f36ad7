/**
 * What a source package asks of its root.
 *
 * Invariant: facts come from the header that the target's own rpmbuild made of the spec with the order's macros, and
 * are remembered only under all that could change them: the source package's bytes, the layer below, the
 * architecture, target, macros and conditionals.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BuildFailure, type BuildOrder } from '../driver.ts';
import { writeRemembered } from '../files.ts';
import { driverVersion } from './version.ts';

export interface Facts {
  /** BuildRequires as dnf takes them; rpmlib() features are rpm's own business. */
  requires: string[];
  /** Whether the spec has %generate_buildrequires. */
  dynamic: boolean;
  exclusiveArch: string[];
  excludeArch: string[];
  buildArch: string[];
}

/** Format for `rpm --qf`, read back by {@link readFacts}. */
export const factsFormat =
  '[R %{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}\\n][X %{EXCLUSIVEARCH}\\n][N %{EXCLUDEARCH}\\n][B %{BUILDARCHS}\\n]';

export function readFacts(answer: string): Facts {
  const all = (letter: string): string[] =>
    answer
      .split('\n')
      .filter((line) => line.startsWith(`${letter} `))
      .map((line) => line.slice(2).replace(/\s+/g, ' ').trim());
  const requires = all('R');
  return {
    requires: [...new Set(requires.filter((name) => !name.startsWith('rpmlib(')))].sort(),
    dynamic: requires.some((name) => name.startsWith('rpmlib(DynamicBuildRequires)')),
    exclusiveArch: all('X'),
    excludeArch: all('N'),
    buildArch: all('B'),
  };
}

/**
 * Throws arch_excluded where rpmbuild would refuse, so that nothing is installed for it.
 * @param arch what rpmbuild builds for
 */
export function checkArch(facts: Facts, arch: string): void {
  const { exclusiveArch, excludeArch, buildArch } = facts;
  const noarch = buildArch.length === 1 && buildArch[0] === 'noarch';
  const included =
    exclusiveArch.length === 0 ||
    exclusiveArch.includes(arch) ||
    (noarch && exclusiveArch.includes('noarch'));
  if (!included) {
    throw new BuildFailure(
      'arch_excluded',
      `ExclusiveArch is ${exclusiveArch.join(' ')}, which ${arch} is not in`,
    );
  }
  if (excludeArch.includes(arch)) throw new BuildFailure('arch_excluded', `ExcludeArch names ${arch}`);
}

export class FactsStore {
  readonly #dir: string;

  constructor(home: string) {
    this.#dir = join(home, 'facts');
  }

  /** Key of the facts of a source package file in a root made of `layer`. */
  async key(srpm: string, layer: string, order: BuildOrder): Promise<string> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(srpm), hash);
    const { arch, target, macros } = order;
    const place = target === undefined ? arch : [arch, target];
    const rest = [driverVersion, hash.digest('hex'), layer, place, Object.entries(macros).sort()];
    const options = [[...order.with].sort(), [...order.without].sort()];
    return createHash('sha256')
      .update(JSON.stringify([rest, options]))
      .digest('hex');
  }

  async recall(key: string): Promise<Facts | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#dir, `${key}.json`), 'utf8'));
    } catch {
      return undefined;
    }
  }

  async remember(key: string, facts: Facts): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await writeRemembered(join(this.#dir, `${key}.json`), JSON.stringify(facts));
  }
}
