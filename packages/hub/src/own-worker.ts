/**
 * The worker that a hub starts for the light kinds of task, as a process of its own.
 *
 * Invariant: it ends with its hub, however that ends (the kernel sees to it), and comes back when it ends alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { log } from './ledger/index.ts';

const restartMs = 1000;

export interface OwnWorker {
  stop(): Promise<void>;
}

/** @param command the executable that this process runs, as arguments; `worker` is added */
export function startOwnWorker(
  command: readonly string[],
  hub: { home: string; url: string; enrolToken: string },
): OwnWorker {
  let child: ChildProcess | undefined;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    const env = {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...proxies(),
      MOROMI_WORKER_HOME: join(hub.home, 'worker'),
      MOROMI_WORKER_HUB: hub.url,
      MOROMI_WORKER_NAME: `${hostname().replace(/[^A-Za-z0-9.-]/g, '-')}-hub`,
      MOROMI_WORKER_ENROL_TOKEN: hub.enrolToken,
      MOROMI_WORKER_KINDS: 'plan,closure',
      MOROMI_WORKER_SLOTS: '2',
      MOROMI_WORKER_LOG_LEVEL: 'warn',
    };
    child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command, 'worker'], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', (error) =>
      log('error', "the hub's own worker cannot be started", { error: error.message }),
    );
    child.on('close', (code, signal) => {
      if (stopping) return;
      log('warn', "the hub's own worker has ended; it is started again", { code, signal });
      timer = setTimeout(start, restartMs);
    });
  };
  start();
  return {
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => running.once('close', () => resolve()));
      // Twice: it gives its tasks back and leaves now.
      running.kill('SIGTERM');
      running.kill('SIGTERM');
      const late = setTimeout(() => running.kill('SIGKILL'), 5000);
      await gone;
      clearTimeout(late);
    },
  };
}

/** Plans read external repositories, which may lie behind a proxy. */
function proxies(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
