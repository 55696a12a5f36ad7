/** `moromi sync-catalogue`: takes over the newest commit of the git catalogue, or shows what it would change. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

/** The hub fetches the repository meanwhile. */
const timeoutMs = 300_000;

export const syncCatalogue: Verb = {
  name: 'sync-catalogue',
  takes: '',
  summary: 'Take over the newest commit of the git catalogue',
  options: [{ flags: '--dry-run', summary: 'show what would change, and change nothing' }],
  async run(session, _words, options) {
    const { client, signal, screen } = session;
    const dryRun = options.flag('dry-run');
    const done = await client.call('syncCatalogue', { body: { dryRun } }, { signal, timeoutMs });
    if (screen.json) {
      screen.document(done);
      return exits.ok;
    }
    for (const { kind, name, what, keys } of done.differences)
      screen.line(`${what} ${kind} ${name}${keys.length === 0 ? '' : `: ${keys.join(', ')}`}`);
    const commit = `commit ${done.commit.slice(0, 12)}`;
    if (done.differences.length === 0) screen.line(`All is as ${commit} says`);
    else
      screen.line(dryRun ? `${commit} would change that` : `${commit} is in force (change ${done.change})`);
    return exits.ok;
  },
};
