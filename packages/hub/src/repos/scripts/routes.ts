/** Programs that run after a revision, over HTTP. */
import { Problem } from '@moromi/contract';
import { type Handlers, hint, type Ledger, tell } from '../../ledger/index.ts';
import { listScripts, reposNamed, runAgain } from './queries.ts';
import type { RepoScript } from './script.ts';

export function scriptRoutes(
  ledger: Ledger,
  scripts: readonly RepoScript[],
): Pick<Handlers, 'listRepoScripts' | 'runRepoScript'> {
  return {
    listRepoScripts: async (call) => {
      const found = await listScripts(ledger.read, call.query.repo);
      return {
        items: found.map(({ startedAt, endedAt, againAt, ...one }) => ({
          ...one,
          startedAt: startedAt.toISOString(),
          endedAt: endedAt?.toISOString() ?? null,
          againAt: againAt?.toISOString() ?? null,
          configured: scripts.some((script) => script.name === one.script),
        })),
      };
    },
    runRepoScript: (call) =>
      call.effect('repos.run-script', async (tx) => {
        const { repo, script } = call.body;
        const repos = await reposNamed(tx, repo);
        if (repos.length === 0) throw new Problem('unknown_repo', `there is no repository ${repo}`);
        let again = 0;
        for (const { id } of repos) again += await runAgain(tx, id, script);
        if (again === 0)
          throw new Problem(
            'unknown_script',
            script === undefined
              ? `nothing runs after revisions of ${repo}`
              : `no script ${script} runs for ${repo}`,
          );
        tell(tx, {
          type: 'repo.script-asked',
          subject: `repo:${repo}`,
          actor: call.principal.name,
          data: { script: script ?? null },
        });
        hint(tx, 'scripts');
        return { again };
      }),
  };
}
