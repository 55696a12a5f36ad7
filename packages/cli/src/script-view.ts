/** The programs that run after revisions, for people: a table, and a sentence on each that did not end well. */
import type { RepoScriptRun } from '@moromi/contract';
import { printable } from './escape.ts';
import type { Screen } from './screen.ts';

export function showScripts(screen: Screen, scripts: RepoScriptRun[]): void {
  screen.table(
    [
      { head: 'Repository', cell: (one) => (one.kind === 'build' ? `${one.repo} (build)` : one.repo) },
      { head: 'Script', cell: (one) => one.script },
      { head: 'State', cell: (one) => one.state },
      { head: 'Revision', cell: (one) => one.number, right: true },
      { head: 'Shown', cell: (one) => one.shown ?? '-', right: true },
      { head: 'Attempt', cell: (one) => one.attempt, right: true },
    ],
    scripts,
  );
}

/** @param moment how times are written */
export function scriptLines(one: RepoScriptRun, moment: (time: string) => string): string[] {
  const { script, repo, message, againAt, state, output, configured } = one;
  const lines = [];
  if (!configured) lines.push(`${script}: this hub does not have it in its configuration.`);
  if (message === null || state === 'done' || state === 'running')
    return lines.map((line) => printable(line));
  const next =
    state === 'waiting' && againAt !== null
      ? `it is tried again at ${moment(againAt)}`
      : `it is given up until the next revision, or: moromi run-repo-script ${repo} ${script}`;
  lines.push(`${script} of ${repo}: ${message}; ${next}. It said:`);
  const said = output.trimEnd().split('\n').slice(-5);
  return [...lines, ...said.map((line) => `  ${line}`)].map((line) => printable(line));
}
