/** Parameters that several routes share. */
import { Type } from 'typebox';
import { AttemptNumber, FileName, Id, Name } from '../shapes.ts';

export const byId = Type.Object({ id: Id });
export const byName = Type.Object({ name: Name });
export const attemptOf = { id: Id, attempt: AttemptNumber };
export const logOf = Type.Object({ ...attemptOf, log: FileName });
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
