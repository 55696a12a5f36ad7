/** What a task is, as far as choosing is concerned. */
import type { Needs } from './needs.ts';

export interface Candidate {
  id: number;
  kind: string;
  /** null where any worker of that kind will do. */
  arch: string | null;
  channel: string;
  /** The source package's name; null for tasks that are not about one. */
  package: string | null;
  owner: string;
  /** The tag that it builds in, for quotas and pauses. */
  tag: number | null;
  /** A strict band: lower is always sooner. */
  priority: number;
  /** Inside a band and among one owner's: greater is sooner. See `rank`. */
  rank: number;
  /** How long it is expected to take. */
  seconds: number;
  weight: number;
  needs: Needs;
  /** The one worker that an administrator gave it to. */
  assigned: string | null;
  /** The worker of its pair, which has the same source package and perhaps the same root layer at hand. */
  beside: string | null;
  /** Workers that have refused it for now, and why. */
  refusedBy: ReadonlyMap<string, string>;
}
