/** What became of a build, told to the rooms on the right in the transaction in which it did. */
import type { Failure } from '@moromi/contract';
import type { Tx } from '../ledger/index.ts';
import type { BuildFacts } from './queries.ts';

export interface Turn {
  to: 'building' | 'complete' | 'failed' | 'canceled';
  /** For one that is complete and tagged: the catalogue change that did it. */
  change: number | null;
  failure: Failure | null;
  actor: string;
  /** The build that this one is built anew for. */
  instead?: number;
}

export type OnTurn = (tx: Tx, build: BuildFacts, turn: Turn) => Promise<void>;
