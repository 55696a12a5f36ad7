/**
 * The command-line client, given what only this package may reach: configuration, and the worker's functions.
 *
 * Invariant: configuration is read when a verb first needs the hub, so help works with a broken one; the worker is
 * loaded only for the verbs that need it.
 */
import { type Host, runCli } from '@moromi/cli';
import { clientConfig, type Surroundings, workerHome } from './config.ts';
import { flagOf, keys } from './keys.ts';
import { summaries } from './processes.ts';
import { Settings } from './settings.ts';

export async function runClient(
  args: string[],
  version: string,
  warn: (sentence: string) => void,
): Promise<number> {
  const around: Surroundings = { env: process.env, uid: process.geteuid?.() ?? 1 };
  const settings = (config: string | undefined) =>
    new Settings({ env: process.env, ...(config === undefined ? {} : { config }), warn });
  const host: Host = {
    version,
    out: process.stdout,
    err: process.stderr,
    env: process.env,
    connection: ({ config, hub }) => clientConfig(settings(config), around, hub),
    processes: (['hub', 'worker'] as const).map((name) => ({
      name,
      summary: summaries[name],
      flags: Object.entries(keys[name])
        .filter(([, key]) => key.secret !== true)
        .map(([key]) => `--${flagOf(key)}`),
    })),
    async shell(task, { config, home }) {
      const { shell } = await import('@moromi/worker');
      return await shell(home ?? workerHome(settings(config), around), task);
    },
    async mockConfig(order) {
      const { mockConfig } = await import('@moromi/worker');
      return mockConfig(order);
    },
  };
  return await runCli(args, host);
}
