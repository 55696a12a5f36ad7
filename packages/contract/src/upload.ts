/**
 * Uploads: a file in numbered parts, and the logs of a running task.
 *
 * Invariant: sending a part or a piece of log twice changes nothing the second time.
 */
import { type Static, Type } from 'typebox';
import { AttemptNumber, Id, Nullable, Sha256, Size, Time } from './shapes.ts';

/** Every part but the last has this size. */
export const partSize = 8 * 1024 * 1024;

export const NewUpload = Type.Object({
  name: Type.String({ maxLength: 300 }),
  size: Size,
  sha256: Sha256,
  /** Set by a worker: the upload belongs to the attempt and obeys its fence. */
  task: Type.Optional(Id),
  attempt: Type.Optional(AttemptNumber),
});
export type NewUpload = Static<typeof NewUpload>;

export const Upload = Type.Object({
  id: Type.String(),
  /** The file is in the store; nothing need be sent. */
  complete: Type.Boolean(),
  /** Numbers of the parts that are there, from 0. */
  parts: Type.Array(Type.Integer()),
  partSize: Type.Integer(),
});
export type Upload = Static<typeof Upload>;

export const LogInfo = Type.Object({
  name: Type.String(),
  attempt: Type.Integer(),
  size: Size,
  complete: Type.Boolean(),
  updatedAt: Time,
  url: Type.String(),
});
export type LogInfo = Static<typeof LogInfo>;
export const LogAppended = Type.Object({ size: Size });
export const StoredBlob = Type.Object({ sha256: Sha256, size: Size, name: Nullable(Type.String()) });
