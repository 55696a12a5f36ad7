/** What has changed in the catalogue, by whom and when. */
import { type Static, Type } from 'typebox';
import { Name, Nullable, Time } from './shapes.ts';

export const HistoryKind = Type.Union([
  Type.Literal('build'),
  Type.Literal('package'),
  Type.Literal('parent'),
  Type.Literal('tag'),
  Type.Literal('target'),
]);
export type HistoryKind = Static<typeof HistoryKind>;

/** One row of the catalogue begins to hold, or holds no longer. */
export const HistoryEntry = Type.Object({
  kind: HistoryKind,
  /** True where it begins. */
  begins: Type.Boolean(),
  /** It began and holds to this day. */
  active: Type.Boolean(),
  change: Type.Integer(),
  at: Time,
  actor: Type.String(),
  /** What was done in that change, in words. */
  what: Type.String(),
  tag: Nullable(Name),
  /** The build's NVR, the package's, parent's, or target's name; of a tag its own. */
  subject: Type.String(),
  /** What the row says besides. */
  data: Type.Record(Type.String(), Type.Unknown()),
});
export type HistoryEntry = Static<typeof HistoryEntry>;
