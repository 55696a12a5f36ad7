/**
 * What the packages of primary metadata provide, and, where that is asked for too, what they require.
 *
 * Invariant: as `readPrimary`, and of each package as `format.ts` says.
 */
import { type Format, type FormatLimits, FormatListener } from './format.ts';
import { type PrimaryPackage, readPackages } from './primary.ts';

/** The package's own name is one of its provides if rpm built it. */
export interface ProvidingPackage extends PrimaryPackage, Format<'provides'> {}

export interface RequiringPackage extends PrimaryPackage, Format<'provides' | 'requires'> {}

/**
 * As `readPrimary`, with what each package provides.
 * Throws `RepodataError`: damaged, hostile, too_large.
 */
export function readProvides(
  stream: AsyncIterable<Uint8Array>,
  limits: FormatLimits = {},
): AsyncGenerator<ProvidingPackage, void, undefined> {
  return readPackages(stream, limits, new FormatListener(['provides'], limits));
}

/** As `readProvides`, with what each package requires. */
export function readRequires(
  stream: AsyncIterable<Uint8Array>,
  limits: FormatLimits = {},
): AsyncGenerator<RequiringPackage, void, undefined> {
  return readPackages(stream, limits, new FormatListener(['provides', 'requires'], limits));
}
