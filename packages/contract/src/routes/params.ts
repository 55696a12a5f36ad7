/** Parameters that several routes share. */
import { Type } from 'typebox';
import { AttemptNumber, FileName, Id, Name } from '../shapes.ts';

export const byId = Type.Object({ id: Id });
export const byName = Type.Object({ name: Name });
export const attemptOf = { id: Id, attempt: AttemptNumber };
export const logOf = Type.Object({ ...attemptOf, log: FileName });
export const flag = Type.Optional(Type.Boolean());
