/**
 * The long-running processes: hub and worker.
 *
 * Invariant: a process starts only with a configuration that was checked whole; the package that it needs is loaded
 * after that, and no other.
 */
import { hubConfig, type Surroundings, signerConfig, workerConfig } from './config.ts';
import { parseFlags, processHelp, UsageError } from './flags.ts';
import { Settings } from './settings.ts';

export const summaries = {
  hub: 'Run a hub: HTTP interface, scheduler, ledger and file store.',
  worker: 'Run a worker: it takes tasks from a hub and does them.',
  signer: 'On the machine that keeps the keys: make keys, read the journal, sign what was carried here.',
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

/** `moromi signer WHAT …`; returns the exit code. */
export async function runSignerCommand(args: string[], warn: (sentence: string) => void): Promise<number> {
  const at = args.indexOf('--config');
  const config = at < 0 ? undefined : args[at + 1];
  const rest = at < 0 ? args : args.toSpliced(at, 2);
  const settings = new Settings({ env: process.env, ...(config === undefined ? {} : { config }), warn });
  const around: Surroundings = { env: process.env, uid: process.geteuid?.() ?? 1 };
  const { runSigner, SignerUsage } = await import('@moromi/worker');
  try {
    return await runSigner(rest, signerConfig(settings, around), (text) => void process.stdout.write(text));
  } catch (error) {
    if (error instanceof SignerUsage)
      throw new UsageError(`moromi signer: ${error.message}`, 'See `moromi signer --help`.');
    throw error;
  }
}
