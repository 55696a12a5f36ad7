/**
 * What one package may provide and another require: a name and a range of versions, an entry of primary metadata.
 *
 * Invariant: a capability has a comparison exactly where it has a version, so what it means is never left to a reader.
 */
import type { Evr, VersionRange } from '@moromi/rpm';
import { RepodataError, shown } from './errors.ts';
import { count, type Element, missing } from './xml.ts';

export interface Capability extends VersionRange {
  readonly name: string;
}

const operators = new Map([
  ['LT', '<'],
  ['LE', '<='],
  ['EQ', '='],
  ['GE', '>='],
  ['GT', '>'],
] as const);

/** A comparison without a version is one of any version, as for rpm. */
export function capabilityOf({ attributes }: Element): Capability {
  const { name, flags } = attributes;
  if (name === undefined || name === '') throw missing('name of a capability');
  const operator = flags === undefined ? null : (operators.get(flags as 'EQ') ?? undefined);
  if (operator === undefined) {
    throw new RepodataError('damaged', `The metadata's comparison of a capability is ${shown(flags ?? '')}.`);
  }
  const evr = evrOf(attributes);
  return operator === null || evr === null ? { name, operator: null, evr: null } : { name, operator, evr };
}

function evrOf(attributes: Record<string, string>): Evr | null {
  const { epoch, ver, rel } = attributes;
  if (ver === undefined || ver === '') return null;
  return {
    epoch: epoch === undefined ? null : count(epoch, 'epoch of a capability'),
    version: ver,
    release: rel === undefined || rel === '' ? null : rel,
  };
}
