/**
 * The folders under a worker's home, and the lock that only one worker of a home holds.
 *
 * Invariant: at most one process works in a home; the kernel drops the lock with the process, however it ends.
 */
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';

export interface Home {
  dir: string;
  token: string;
  running: string;
  work: string;
  kept: string;
  blobs: string;
  /** While this file is there, nothing new is begun. */
  stopFile: string;
  /** What the driver keeps: roots, layers, package and repository caches. */
  driver: string;
}

export function homeOf(dir: string): Home {
  const at = (...parts: string[]) => join(resolve(dir), ...parts);
  return {
    dir: at(),
    token: at('token'),
    running: at('running'),
    work: at('work'),
    kept: at('kept'),
    blobs: at('cache', 'blobs'),
    stopFile: at('graceful_stop'),
    driver: at('driver'),
  };
}

export async function openHome(dir: string): Promise<{ home: Home; lock: AsyncDisposable }> {
  await mkdir(resolve(dir), { recursive: true });
  const home = homeOf(await realpath(dir));
  const lock = await lockFolder(home.dir);
  for (const folder of [home.running, home.work, home.kept, home.blobs, home.driver]) {
    await mkdir(folder, { recursive: true });
  }
  // The unprivileged user of a build must reach its root through here; the token has its own mode.
  await chmod(home.dir, 0o755);
  return { home, lock };
}

async function lockFolder(dir: string): Promise<AsyncDisposable> {
  const { dev, ino } = await stat(dir, { bigint: true });
  // An abstract socket: no file that a killed worker could leave behind.
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'EADDRINUSE' ? new Error(`another worker is running in ${dir}`) : error),
    );
    server.listen(`\0moromi-worker-${dev}-${ino}`, done);
  });
  server.unref();
  return { [Symbol.asyncDispose]: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
