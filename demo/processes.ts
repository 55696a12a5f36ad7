/**
 * The demonstration's hub and builder: two processes that go on when it has ended.
 *
 * Invariant: what runs already is used again; what was started by an older checkout or answers no more is replaced.
 * `stop` ends only processes whose pid files this demonstration wrote.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { executable, type Speaker } from './moromi.ts';

const startLimitMs = 60_000;
const port = Number(process.env['MOROMI_DEMO_PORT'] ?? 7171);

export interface Place {
  /** Everything that the demonstration keeps. */
  home: string;
  hub: string;
  worker: string;
}

export function placeOf(home: string): Place {
  return { home, hub: join(home, 'hub'), worker: join(home, 'worker') };
}

/**
 * Starts what does not run.
 * @param named architectures that the builder must be told to offer; without them it finds its own
 * @returns how to speak to the hub, and whether it ran already
 */
export async function startProcesses(
  place: Place,
  driver: 'native' | 'mock',
  named: readonly string[] = [],
): Promise<Speaker & { reused: boolean }> {
  await mkdir(place.home, { recursive: true, mode: 0o755 });
  const before = await answering(place);
  if (before !== undefined && (await alive(place, 'worker'))) {
    if (named.length === 0 || (await online(before, named))) return { ...before, reused: true };
  }
  await stopProcesses(place);
  const hub = await launch(place, 'hub', ['hub', '--home', place.hub, '--listen', `127.0.0.1:${port}`]);
  const speaker = await until('the hub', place, hub, () => answering(place));
  const token = join(place.hub, 'enrol.token');
  const worker = await launch(place, 'worker', [
    'worker',
    '--home',
    place.worker,
    '--hub',
    speaker.hub,
    '--name',
    'demo-builder',
    '--enrol-token-file',
    token,
    '--driver',
    driver,
    ...(named.length === 0 ? [] : ['--arches', named.join(',')]),
  ]);
  await until('the builder', place, worker, () => online(speaker, named));
  return { ...speaker, reused: false };
}

export async function stopProcesses(place: Place): Promise<boolean> {
  let stopped = false;
  for (const name of ['worker', 'hub'] as const) {
    const pid = await alive(place, name);
    if (pid !== undefined) {
      process.kill(pid, 'SIGTERM');
      // A second SIGTERM makes a builder give its tasks back and leave now.
      if (name === 'worker') process.kill(pid, 'SIGTERM');
      while ((await alive(place, name)) !== undefined) await delay(50);
      stopped = true;
    }
    await rm(pidFile(place, name), { force: true });
  }
  return stopped;
}

export function logFile(place: Place, name: 'hub' | 'worker'): string {
  return join(place.home, `${name}.log`);
}

function pidFile(place: Place, name: 'hub' | 'worker'): string {
  return join(place.home, `${name}.pid`);
}

async function launch(place: Place, name: 'hub' | 'worker', args: string[]): Promise<ChildProcess> {
  const log = await open(logFile(place, name), 'a');
  try {
    const child = spawn(process.execPath, [executable, ...args], {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    await writeFile(pidFile(place, name), `${child.pid}\n`);
    return child;
  } finally {
    await log.close();
  }
}

/** The process of a pid file, if it is still that one and not another that got its number. */
async function alive(place: Place, name: 'hub' | 'worker'): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(pidFile(place, name), 'utf8'));
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    return args.includes(name) && args.includes(place[name]) ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function answering(place: Place): Promise<Speaker | undefined> {
  if ((await alive(place, 'hub')) === undefined) return undefined;
  try {
    const { url } = JSON.parse(await readFile(join(place.hub, 'hub.json'), 'utf8')) as { url: string };
    const token = (await readFile(join(place.hub, 'admin.token'), 'utf8')).trim();
    const reply = await fetch(`${url}/api/v1/status`, { headers: { authorization: `Bearer ${token}` } });
    return reply.ok ? { hub: url, token } : undefined;
  } catch {
    return undefined;
  }
}

async function online(speaker: Speaker, named: readonly string[]): Promise<true | undefined> {
  const reply = await fetch(`${speaker.hub}/api/v1/workers`);
  const { items } = (await reply.json()) as {
    items: { name: string; state: string; offer: { arches: string[] } }[];
  };
  const builder = items.find((one) => one.name === 'demo-builder' && one.state === 'online');
  return builder !== undefined && named.every((arch) => builder.offer.arches.includes(arch))
    ? true
    : undefined;
}

async function until<T>(
  what: string,
  place: Place,
  child: ChildProcess,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + startLimitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (child.exitCode !== null || performance.now() > end) {
      throw new Error(
        `${what} does not come up; see ${logFile(place, what === 'the hub' ? 'hub' : 'worker')}`,
      );
    }
    await delay(50);
  }
}
