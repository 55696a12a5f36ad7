/**
 * How long revisions are given, and what is left of them.
 *
 * Invariant: these stay whatever is said: the revision that is shown and all above it; what was superseded less than
 * the hub's readable time ago, so that no client fails under way; what running and waiting builds have pinned; what is
 * held; what is to be given again. A revision that has expired stays as history: its row, what its trees counted and
 * which snapshots it merged, so a build can say for ever which revision it saw. Its files and its share in runs go, in
 * batches, and with them the blobs that nobody else names.
 */
import { advance, roundOf } from '../../blobs/index.ts';
import { settingsOf, tagsById } from '../../catalog/index.ts';
import { hint, type Ledger, log, type Reader, tell } from '../../ledger/index.ts';
import {
  type AgingRepo,
  agingRepos,
  dropExpired,
  dropIdleRuns,
  expirable,
  expire,
  isIdle,
  isToDrop,
  lockRepo,
  lockRevisions,
  markIdle,
  unusedRuns,
} from './queries.ts';

export interface Retention {
  /** Revisions of a repository that stay at least, where it says nothing itself. */
  revisions: number;
  /** Hours for which every superseded revision stays at least. */
  readableHours: number;
  /** Hours for which what nobody names any more stays, before it goes. */
  graceHours: number;
}

const reposAtOnce = 50;
const revisionsAtOnce = 100;
const runsAtOnce = 500;
/** For requests that began before it expired. */
const dropHours = 1;

export class Retainer {
  readonly #ledger: Ledger;
  readonly #usual: Retention;
  /** The repository up to which everything was looked at. */
  #after = 0;

  constructor(ledger: Ledger, usual: Retention) {
    this.#ledger = ledger;
    this.#usual = usual;
  }

  /** Lets revisions of the next repositories expire. */
  async look(): Promise<void> {
    const found = await agingRepos(this.#ledger.read, this.#after, this.#usual.readableHours, reposAtOnce);
    for (const repo of found) await this.#expire(repo);
    this.#after = found.length < reposAtOnce ? 0 : (found.at(-1)?.id ?? 0);
  }

  /** Takes what is left of revisions that have expired, and runs that no tree has. */
  async drop(): Promise<void> {
    const { graceHours } = this.#usual;
    const { read } = this.#ledger;
    let [dropped, runs] = [0, 0];
    if (await isToDrop(read, dropHours))
      dropped = await this.#ledger.tx('repos.drop', (tx) => dropExpired(tx, dropHours, revisionsAtOnce));
    const { place } = await roundOf(read, 'runs');
    const { last, count, idle } = await unusedRuns(read, place, runsAtOnce);
    if (idle.length > 0) await this.#ledger.tx('repos.runs', (tx) => markIdle(tx, idle));
    await advance(read, 'runs', place, { to: count < runsAtOnce ? null : last, seen: count });
    if (await isIdle(read, graceHours))
      runs = await this.#ledger.tx('repos.runs', (tx) => dropIdleRuns(tx, graceHours, runsAtOnce));
    if (dropped + runs > 0) log('debug', 'expired revisions were dropped', { revisions: dropped, runs });
  }

  async #expire(repo: AgingRepo): Promise<void> {
    const keep = await keptOf(this.#ledger.read, repo, this.#usual);
    await this.#ledger.tx('repos.expire', async (tx) => {
      await lockRepo(tx, repo.id);
      const seen = await expirable(tx, repo.id, keep, revisionsAtOnce);
      if (seen.length === 0) return;
      await lockRevisions(
        tx,
        seen.map((one) => one.id),
      );
      // Who had one of them locked may be working from it now.
      const locked = new Set(seen.map((one) => one.id));
      const found = (await expirable(tx, repo.id, keep, revisionsAtOnce)).filter((one) => locked.has(one.id));
      if (found.length === 0) return;
      await expire(
        tx,
        found.map((one) => one.id),
      );
      tell(tx, {
        type: 'repo.expired',
        subject: `repo:${repo.name}`,
        actor: 'hub',
        data: { numbers: found.map((one) => one.number), ...keep },
      });
      hint(tx, 'expired');
    });
  }
}

/** What holds for a repository: by its own word, its tag's, or the hub's; never less than the readable time. */
async function keptOf(
  reader: Reader,
  { kind, tag, definition }: AgingRepo,
  usual: Retention,
): Promise<{ revisions: number; hours: number }> {
  const facts = kind === 'build' ? (await tagsById(reader, [tag])).get(tag) : undefined;
  const said = facts === undefined ? definition : await settingsOf(reader, facts);
  return {
    revisions: said.keepRevisions ?? usual.revisions,
    hours: Math.max(said.keepHours ?? 0, usual.readableHours),
  };
}
