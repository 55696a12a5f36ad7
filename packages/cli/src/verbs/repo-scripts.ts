/** `moromi list-repo-scripts`, `run-repo-script`: the programs that run after a repository shows a revision. */
import { moment } from '../figures.ts';
import { scriptLines, showScripts } from '../script-view.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const listRepoScripts: Verb = {
  name: 'list-repo-scripts',
  takes: '[repo]',
  summary: 'Show what the programs that run after revisions have done, and why they wait',
  options: [],
  notes: ["They stand in the hub's configuration: a TOML file that hub.repo_scripts names."],
  async run({ client, signal, screen }, [repo]) {
    const query = repo === undefined ? {} : { repo };
    const { items } = await client.call('listRepoScripts', { query }, { signal });
    if (screen.json) screen.document(items);
    else {
      showScripts(screen, items);
      for (const one of items) screen.lines(scriptLines(one, (time) => moment(time, screen)));
    }
    return exits.ok;
  },
};

export const runRepoScript: Verb = {
  name: 'run-repo-script',
  takes: '<repo> [script]',
  summary: 'Have programs run again for the revision that a repository shows',
  options: [],
  async run({ client, signal, screen }, [repo = '', script]) {
    const body = { repo, ...(script === undefined ? {} : { script }) };
    const said = await client.call('runRepoScript', { body }, { signal });
    if (screen.json) screen.document(said);
    else screen.line(`${script ?? 'What runs'} after revisions of ${repo} runs again.`);
    return exits.ok;
  },
};
