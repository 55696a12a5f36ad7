/**
 * Has the configured programs run after a repository shows a new revision.
 *
 * Invariant: nothing is queued that could be lost: what a script is to run for is the revision that its repository
 * shows, and the ledger says for which it has run last. So it runs at least once for the newest revision, once for many
 * that came meanwhile, and again where the hub that ran it did not live to write down its end; of the one before it
 * nothing goes on beside it. Nobody waits for it.
 */
import { createHash } from 'node:crypto';
import { hint, type Ledger, log, tell } from '../../ledger/index.ts';
import { endLeftovers, markName } from './leftovers.ts';
import { runProgram } from './program.ts';
import { claimScript, dropLeases, dueRepos, endScript, leasesOf } from './queries.ts';
import { isFor, type RepoScript, type Shown, scriptId } from './script.ts';

/** At once, of all scripts. */
const mostRunning = 4;
/** To write down the end of one that was ended at its time limit. */
const graceSeconds = 60;
const backoffSeconds = [10, 60, 300, 900, 3600];

export class ScriptRunner {
  readonly #ledger: Ledger;
  readonly #scripts: readonly RepoScript[];
  readonly #runner: string;
  readonly #place: string;
  readonly #url: () => string;
  readonly #stop = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  #looking: Promise<void> | undefined;
  #again = false;

  /**
   * @param runner this hub's name
   * @param home where it lives, which no other hub of the machine shares
   */
  constructor(
    ledger: Ledger,
    scripts: readonly RepoScript[],
    { runner, home }: { runner: string; home: string },
    url: () => string,
  ) {
    this.#ledger = ledger;
    this.#scripts = scripts;
    this.#runner = runner;
    this.#place = createHash('sha256').update(home).digest('hex').slice(0, 16);
    this.#url = url;
  }

  /** What this hub ran when it was ended is run again, when nothing of it goes on any more. */
  async start(): Promise<void> {
    if (this.#scripts.length === 0) return;
    for (const { script, repo } of await leasesOf(this.#ledger.read, this.#runner)) {
      const processes = await endLeftovers(this.#mark(script, repo));
      if (processes > 0)
        log('warn', 'what a script of a hub that was killed had left behind was ended', {
          script,
          processes,
        });
    }
    await this.#ledger.tx('repos.scripts', (tx) => dropLeases(tx, this.#runner));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#looking?.catch(() => {});
    await Promise.all(this.#running.values());
  }

  /** Begins what is due; a look that is asked for during another follows it. */
  async look(): Promise<void> {
    if (this.#scripts.length === 0 || this.#stop.signal.aborted) return;
    this.#again = true;
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #lookAll(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      for (const script of this.#scripts)
        for (const shown of await dueRepos(this.#ledger.read, script.name, script.kinds))
          if (isFor(script, shown)) await this.#begin(script, shown);
    }
  }

  async #begin(script: RepoScript, shown: Shown): Promise<void> {
    const key = `${script.name}/${shown.repo}`;
    if (this.#running.size >= mostRunning || this.#running.has(key) || this.#stop.signal.aborted) return;
    const attempt = await this.#ledger.tx('repos.script-begins', (tx) =>
      claimScript(tx, script.name, shown, this.#runner, script.timeoutSeconds + graceSeconds),
    );
    if (attempt === undefined) return;
    const run = this.#run(script, shown, attempt)
      .catch((error: unknown) =>
        log('error', 'a script was not ended in the ledger', { script: key, error: String(error) }),
      )
      .finally(() => {
        this.#running.delete(key);
        this.look().catch(() => {});
      });
    this.#running.set(key, run);
  }

  async #run(script: RepoScript, shown: Shown, attempt: number): Promise<void> {
    const begun = performance.now();
    const { failure, output } = await runProgram(
      script,
      [shown.name],
      { ...this.#environment(script.name, shown, attempt), [markName]: this.#mark(script.name, shown.repo) },
      this.#stop.signal,
    );
    // Another hub, or this one when it is back, begins at once.
    if (failure?.code === 'script_stopped') {
      await this.#ledger.tx('repos.scripts', (tx) => dropLeases(tx, this.#runner));
      return;
    }
    const seconds = Math.round(performance.now() - begun) / 1000;
    const given = failure !== null && attempt >= script.tries;
    const waitSeconds = failure === null || given ? null : (backoffSeconds[attempt - 1] ?? 3600);
    await this.#ledger.tx('repos.script-ends', async (tx) => {
      const end = {
        state: failure === null ? ('done' as const) : given ? ('failed' as const) : ('waiting' as const),
        ...{ waitSeconds, output, code: failure?.code ?? null, message: failure?.message ?? null },
      };
      if (!(await endScript(tx, script.name, shown, attempt, end))) return;
      tell(tx, {
        type: failure === null ? 'repo.script' : given ? 'repo.script-given-up' : 'repo.script-failed',
        subject: `repo:${shown.name}`,
        actor: 'hub',
        data: {
          ...{
            script: script.name,
            repo: shown.name,
            kind: shown.kind,
            number: shown.number,
            attempt,
            seconds,
          },
          ...(failure === null ? {} : { failure, againInSeconds: waitSeconds }),
        },
      });
      hint(tx, 'scripts');
    });
    if (failure !== null)
      log('warn', given ? 'a script failed and is given up' : 'a script failed; it is tried again', {
        ...{ script: script.name, repo: shown.name, number: shown.number, attempt, why: failure.message },
        ...(waitSeconds === null ? {} : { seconds: waitSeconds }),
      });
  }

  #mark(script: string, repo: number): string {
    return `${this.#place}/${script}/${repo}`;
  }

  #environment(script: string, shown: Shown, attempt: number): Record<string, string> {
    const { kind, name, tag, number, change } = shown;
    const place = kind === 'build' ? 'repos' : 'dist';
    return {
      MOROMI_SCRIPT_ID: scriptId(script, shown),
      MOROMI_SCRIPT_ATTEMPT: String(attempt),
      MOROMI_REPO: name,
      MOROMI_REPO_KIND: kind,
      MOROMI_REPO_URL: `${this.#url()}/${place}/${name}/${number}/`,
      MOROMI_TAG: tag,
      MOROMI_REVISION: String(number),
      MOROMI_CHANGE: String(change),
    };
  }
}
