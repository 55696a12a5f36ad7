/** What somebody who looks at an external repository is told. */
import type { ExternalDefinition } from '@moromi/contract';
import type { KnownRoot, SnapshotFacts } from './queries.ts';

export interface LookOrder {
  external: number;
  name: string;
  arch: string;
  definition: ExternalDefinition;
  known: KnownRoot | null;
  /** The snapshot in use. */
  current: Pick<SnapshotFacts, 'id' | 'number' | 'repomd'> | null;
}
