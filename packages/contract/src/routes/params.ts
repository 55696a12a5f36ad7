/** Parameters that several routes share. */
import { Type } from 'typebox';
import { AttemptNumber, Count, FileName, Id, Name, Time } from '../shapes.ts';

export const byId = Type.Object({ id: Id });
export const byName = Type.Object({ name: Name });
export const attemptOf = { id: Id, attempt: AttemptNumber };
export const logOf = Type.Object({ ...attemptOf, log: FileName });
/** As the catalogue was at a change, or at a time; now where neither is said. */
export const past = { change: Type.Optional(Count), at: Type.Optional(Time) };
export const flag = Type.Optional(Type.Boolean());

/** What a source package may be refused for when it is read. */
export const sourceErrors = [
  'not_an_rpm',
  'not_a_source_rpm',
  'truncated',
  'header_damaged',
  'header_too_large',
  'unsupported_format',
  'bad_name',
] as const;
