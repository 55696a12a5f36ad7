/** What a rebuild or a try was asked for, as it is kept with its batch. */
import type { NewRebuild, PlanResult } from '@moromi/contract';

/** A package to be rebuilt, with what its last source package asked for. */
export interface RebuildPackage {
  name: string;
  sourceName: string;
  sourceSha256: string;
  requires: { arches: string[]; requires: string[] }[];
}

export interface RebuildRequest extends Omit<NewRebuild, 'packages' | 'sources' | 'tag'> {
  packages: RebuildPackage[];
  /** Of a try: the names of what is tried, and how far from them what needs them is built too; null: however far. */
  tried?: { names: string[]; depth: number | null };
  /** The catalogue change when it was asked for. */
  since?: number;
  /** Kept with a plan that only was to be shown, so that it can be begun. */
  result?: PlanResult;
}
