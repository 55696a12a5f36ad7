/** Turns one .deb into the RPM of the same name, epoch, version and release. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ALIASES, OTHER_PROVIDES } from './aliases.ts';
import { ARCHES, type Arch } from './arch.ts';
import { unpackDeb } from './debPackage.ts';
import { rpmDependencies } from './debRelations.ts';
import { evrOfDebVersion, evrText } from './debVersion.ts';
import { providesOfFiles } from './derivedProvides.ts';
import { entriesOf, filesList } from './fileTree.ts';
import { LEFT_OUT } from './packageSets.ts';
import { makeRpm } from './rpmPackage.ts';

export type ConversionPlace = {
  arch: Arch;
  /** A folder for this package alone. */
  work: string;
  packages: string;
  foldersOwnedElsewhere: ReadonlySet<string>;
  signal?: AbortSignal;
};

export async function convertDeb(file: string, place: ConversionPlace): Promise<void> {
  const { arch, work, packages, foldersOwnedElsewhere, signal } = place;
  const root = join(work, 'root');
  await mkdir(work, { recursive: true });
  const { fields, configs, merged } = await unpackDeb(file, root, work, signal);
  const entries = await entriesOf(root);
  const files = filesList(entries, { configs, foldersOwnedElsewhere });
  const paths = entries.map((entry) => entry.path);
  await makeRpm(
    {
      name: fields['Package'] ?? '',
      head: preamble(fields, arch, paths, merged),
      description: fields['Description'] ?? '',
      root,
      files,
    },
    { arch: fields['Architecture'] === 'all' ? 'noarch' : arch, work, packages, signal },
  );
}

function preamble(
  fields: Record<string, string>,
  arch: Arch,
  paths: readonly string[],
  merged: readonly string[],
): string[] {
  const { Package: name = '', Version: debVersion = '', Architecture: architecture = '' } = fields;
  const evr = evrOfDebVersion(debVersion);
  const noarch = architecture === 'all';
  const provides = new Set(rpmDependencies(fields['Provides']));
  for (const alias of ALIASES[name] ?? []) {
    provides.add(`${alias} = ${evrText(evr)}`);
    if (!noarch) provides.add(`${alias}(${ARCHES[arch].isa}) = ${evrText(evr)}`);
  }
  for (const other of OTHER_PROVIDES[name] ?? []) provides.add(other);
  for (const found of providesOfFiles(paths, evr.version, merged)) provides.add(found);
  if (name === 'perl-base') {
    provides.add(`perl(:VERSION) = ${evr.version}`);
    provides.add(`perl(:MODULE_COMPAT_${evr.version})`);
  }
  const requires = new Set(rpmDependencies(fields['Pre-Depends'], LEFT_OUT));
  for (const each of rpmDependencies(fields['Depends'], LEFT_OUT)) requires.add(each);
  if (name === 'rpm') requires.add('demo-release');
  // rpm's generator of pkgconfig() says nothing, and does not fail, where this program is missing.
  if (name === 'rpm') requires.add('/usr/bin/pkg-config');
  // As rpm's own generator says of every package with a .pc file.
  if ([...provides].some((each) => each.startsWith('pkgconfig('))) requires.add('/usr/bin/pkg-config');
  return [
    `Name: ${name}`,
    ...(evr.epoch === '' ? [] : [`Epoch: ${evr.epoch}`]),
    `Version: ${evr.version}`,
    `Release: ${evr.release}`,
    `Summary: ${(fields['Description'] || name).slice(0, 70)}`,
    'License: Distributable',
    `URL: ${fields['Homepage'] || 'https://www.debian.org/'}`,
    `Group: ${fields['Section'] || 'misc'}`,
    'AutoReq: no',
    ...(noarch ? ['AutoProv: no'] : []),
    'Requires(pre): filesystem',
    ...[...requires].sort().map((each) => `Requires: ${each}`),
    ...[...provides].sort().map((each) => `Provides: ${each}`),
  ];
}
