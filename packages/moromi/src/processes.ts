/**
 * The long-running processes: hub and worker.
 *
 * Invariant: a process starts only with a configuration that was checked whole; the package that it needs is loaded
 * after that, and no other.
 */
import { hubConfig, type Surroundings, workerConfig } from './config.ts';
import { parseFlags, processHelp } from './flags.ts';
import { Settings } from './settings.ts';

export const summaries = {
  hub: 'Run a hub: HTTP interface, scheduler, ledger and file store.',
  worker: 'Run a worker: it takes tasks from a hub and does them.',
};

/** Returns the exit code when the process is over. */
export async function runProcess(
  name: 'hub' | 'worker',
  args: string[],
  warn: (sentence: string) => void,
): Promise<number> {
  const flags = parseFlags(name, args);
  if (flags.help) {
    process.stdout.write(processHelp(name, summaries[name]));
    return 0;
  }
  const read = () =>
    new Settings({
      env: process.env,
      ...(flags.config === undefined ? {} : { config: flags.config }),
      flags: { section: name, values: flags.values },
      warn,
    });
  const around: Surroundings = { env: process.env, uid: process.geteuid?.() ?? 1 };
  if (name === 'hub') {
    const config = hubConfig(read(), around);
    const { runHub } = await import('@moromi/hub');
    await runHub(config);
    return 0;
  }
  const settings = () => workerConfig(read(), around);
  const config = settings();
  const { runWorker } = await import('@moromi/worker');
  return await runWorker(config, undefined, { settings });
}
