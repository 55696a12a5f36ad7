/** Holds over HTTP. */
import { type Hold, Problem } from '@moromi/contract';
import { type Handlers, type Ledger, ledgerTime } from '../../ledger/index.ts';
import { cursorId } from '../../tasks/index.ts';
import { type HoldFacts, listHolds } from './hold-queries.ts';
import { hold, release } from './holds.ts';

/** A hold that nobody remembers must end some day. */
const longestSeconds = 366 * 86_400;

export function holdRoutes(ledger: Ledger): Pick<Handlers, 'holdRevision' | 'listHolds' | 'releaseHold'> {
  return {
    holdRevision: (call) =>
      call.effect('repos.hold', async (tx) => {
        const { kind, name, number, why, seconds, until } = call.body;
        const length = seconds ?? (Date.parse(until ?? '') - (await ledgerTime(tx)).getTime()) / 1000;
        if (!(length > 0 && length <= longestSeconds) || (seconds !== undefined && until !== undefined))
          throw new Problem(
            'bad_request',
            'say until when, or for how many seconds: a year at most, and in the future',
          );
        return shownHold(await hold(tx, { kind, name, number, why, seconds: length }, call.principal.name));
      }),
    listHolds: async (call) => {
      const limit = call.query.limit ?? 50;
      const after = call.query.cursor === undefined ? 0 : cursorId(call.query.cursor);
      const found = await listHolds(ledger.read, after, limit);
      return {
        items: found.map(shownHold),
        next: found.length === limit ? String(found.at(-1)?.id) : null,
      };
    },
    releaseHold: (call) =>
      call.effect('repos.release', async (tx) =>
        shownHold(await release(tx, call.params.hold, call.principal.name)),
      ),
  };
}

export function shownHold({ revision: _, since, until, ...one }: HoldFacts): Hold {
  return { ...one, since: since.toISOString(), until: until.toISOString() };
}
