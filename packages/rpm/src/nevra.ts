/**
 * Names: of a build (name-version-release), of an rpm (name-[epoch:]version-release.arch), of its file. A value of type
 * `Nvr` or `Nevra` that came out of this file holds rpm's own characters only (build/rpmbuild_internal.hh), so it is
 * safe as one component of a path or an address: no slash, no NUL, no "..", no leading dot or dash.
 */

import { RpmError, shown } from './errors.ts';

export interface Nvr {
  readonly name: string;
  readonly version: string;
  readonly release: string;
}

export interface Nevra extends Nvr {
  /** null where the package states none; 0 is a stated epoch. */
  readonly epoch: number | null;
  /** As in the file's name: `src` or `nosrc` for source packages. */
  readonly arch: string;
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;
const VERSION = /^[A-Za-z0-9._+~^]+$/;
const ARCH = /^[A-Za-z0-9][A-Za-z0-9_]*$/;
const EPOCH = /^[0-9]{1,10}$/;
const EPOCH_MAX = 0xffff_ffff;
/** A component of a path on every file system that matters. */
const FILE_NAME_BYTES = 255;
const SUFFIX = '.rpm';

function bad(sentence: string): RpmError {
  return new RpmError('bad_nevra', sentence);
}

function check(what: string, text: string, pattern: RegExp): void {
  if (text.length > FILE_NAME_BYTES || !pattern.test(text) || text.includes('..')) {
    throw bad(`${shown(text)} cannot be the ${what} of a package.`);
  }
}

/** Throws bad_nevra unless name, version and release are such as rpm builds. */
export function checkNvr(nvr: Nvr): void {
  check('name', nvr.name, NAME);
  check('version', nvr.version, VERSION);
  check('release', nvr.release, VERSION);
}

/** Throws bad_nevra unless every part is such as rpm builds and the file's name is at most 255 bytes. */
export function checkNevra(nevra: Nevra): void {
  checkNvr(nevra);
  check('architecture', nevra.arch, ARCH);
  const { epoch } = nevra;
  if (epoch !== null && !(Number.isInteger(epoch) && epoch >= 0 && epoch <= EPOCH_MAX)) {
    throw bad(`${epoch} cannot be the epoch of a package.`);
  }
  if (formatFileName(nevra).length > FILE_NAME_BYTES) {
    throw bad(`The file name of ${shown(nevra.name)} would be longer than ${FILE_NAME_BYTES} bytes.`);
  }
}

/** Splits from the right on '-': version and release hold none. */
function splitNvr(text: string): Nvr {
  const releaseAt = text.lastIndexOf('-');
  const versionAt = text.lastIndexOf('-', releaseAt - 1);
  if (releaseAt < 1 || versionAt < 1) throw bad(`${shown(text)} is not of the form name-version-release.`);
  return {
    name: text.slice(0, versionAt),
    version: text.slice(versionAt + 1, releaseAt),
    release: text.slice(releaseAt + 1),
  };
}

export function parseNvr(text: string): Nvr {
  const nvr = splitNvr(text);
  checkNvr(nvr);
  return nvr;
}

export function formatNvr(nvr: Nvr): string {
  return `${nvr.name}-${nvr.version}-${nvr.release}`;
}

/** Reads name-[epoch:]version-release.arch, without ".rpm". */
export function parseNevra(text: string): Nevra {
  const archAt = text.lastIndexOf('.');
  if (archAt < 1) throw bad(`${shown(text)} is not of the form name-[epoch:]version-release.arch.`);
  const { name, version: epochVersion, release } = splitNvr(text.slice(0, archAt));
  const colon = epochVersion.indexOf(':');
  const epoch = colon < 0 ? null : epochVersion.slice(0, colon);
  if (epoch !== null) check('epoch', epoch, EPOCH);
  const nevra = {
    name,
    epoch: epoch === null ? null : Number(epoch),
    version: epochVersion.slice(colon + 1),
    release,
    arch: text.slice(archAt + 1),
  };
  checkNevra(nevra);
  return nevra;
}

/** A stated epoch is written, also 0; no epoch is left out. */
export function formatNevra(nevra: Nevra): string {
  const epoch = nevra.epoch === null ? '' : `${nevra.epoch}:`;
  return `${nevra.name}-${epoch}${nevra.version}-${nevra.release}.${nevra.arch}`;
}

/** name-version-release.arch.rpm; the epoch is not in a file's name. */
export function formatFileName(nevra: Nevra): string {
  return `${formatNvr(nevra)}.${nevra.arch}${SUFFIX}`;
}

/**
 * Reads a file's name as a stranger gave it. Throws bad_nevra unless it is the name of an rpm file and nothing else (no
 * folder), and, where `expected` is given, of that rpm. The epoch, which the name does not tell, is null or that of
 * `expected`.
 */
export function checkFileName(fileName: string, expected?: Nevra): Nevra {
  if (!fileName.endsWith(SUFFIX) || fileName.includes(':')) {
    throw bad(`${shown(fileName)} is not of the form name-version-release.arch.rpm.`);
  }
  const nevra = parseNevra(fileName.slice(0, -SUFFIX.length));
  if (expected === undefined) return nevra;
  const name = formatFileName(expected);
  if (fileName !== name)
    throw bad(`The file is named ${shown(fileName)}, but its header says ${shown(name)}.`);
  return expected;
}
