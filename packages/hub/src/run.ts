/** The process `moromi hub`: from its start until it is told to stop. */
import type { HubConfig } from './config.ts';
import { log } from './ledger/index.ts';
import { startHub } from './main.ts';
import { startOwnWorker } from './own-worker.ts';

/** Serves until SIGTERM or SIGINT. Throws where it cannot start. */
export async function runHub(config: HubConfig): Promise<void> {
  const hub = await startHub(config);
  const script = process.argv[1];
  const worker =
    config.ownWorker && script !== undefined
      ? startOwnWorker([process.execPath, ...process.execArgv, script], {
          home: config.home,
          url: hub.url,
          enrolToken: hub.enrolToken,
        })
      : undefined;
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  log('info', 'stopping', { signal });
  await worker?.stop();
  await hub.stop();
}
