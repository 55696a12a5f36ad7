/**
 * The past of the catalogue, page by page.
 *
 * Invariant: no entry is skipped or shown twice, however many one change has made.
 */
import { type HistoryEntry, type HistoryKind, Problem } from '@moromi/contract';
import type { Reader } from '../ledger/index.ts';
import { type HistoryWish, historyPage } from './history-queries.ts';
import { changeAt, newestChange } from './queries.ts';

export interface HistoryQuery extends Omit<HistoryWish, 'since' | 'until' | 'after'> {
  kind?: HistoryKind | undefined;
  sinceChange?: number | undefined;
  untilChange?: number | undefined;
  since?: string | undefined;
  until?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

export async function pageOfHistory(
  tx: Reader,
  query: HistoryQuery,
): Promise<{ items: HistoryEntry[]; next: string | null }> {
  const { sinceChange = 1, untilChange, since, until, cursor, limit = 50, ...wish } = query;
  const before = since === undefined ? 0 : await changeThen(tx, since);
  const last = until === undefined ? await newestChange(tx) : await changeThen(tx, until);
  const found = await historyPage(
    tx,
    {
      ...wish,
      since: Math.max(sinceChange, before + 1),
      until: Math.min(untilChange ?? last, last),
      after: cursor === undefined ? undefined : placeOf(cursor),
    },
    limit,
  );
  const end = found.length === limit ? found.at(-1) : undefined;
  return {
    items: found.map(({ key: _, at, ...one }) => ({ ...one, at: at.toISOString() })),
    next: end === undefined ? null : `${end.change}.${end.key}`,
  };
}

async function changeThen(tx: Reader, time: string): Promise<number> {
  if (Number.isNaN(Date.parse(time))) throw new Problem('bad_request', `${time} is no time`);
  return (await changeAt(tx, { at: new Date(time).toISOString() })) ?? 0;
}

function placeOf(cursor: string): { change: number; key: string } {
  const match = /^(\d{1,15})\.([0-9a-f]{32})$/.exec(cursor);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Problem('bad_request', 'the cursor is not one of ours');
  return { change: Number(match[1]), key: match[2] };
}
