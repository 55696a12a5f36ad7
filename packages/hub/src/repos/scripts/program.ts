/**
 * Runs one program to its end.
 *
 * Invariant: by its argument array and never by a shell; with an environment that holds nothing of the hub's own; ended
 * with all that it has started (of its process group) at its time limit, and with its hub, however that ends. Of what it
 * says the end is kept, and no more.
 */
import { spawn } from 'node:child_process';
import type { RepoScript } from './script.ts';

export interface Ran {
  /** Null where it ended well. */
  failure: { code: string; message: string } | null;
  /** The end of what it said. */
  output: string;
}

const kept = 8192;

export async function runProgram(
  { command, user, timeoutSeconds }: Pick<RepoScript, 'command' | 'user' | 'timeoutSeconds'>,
  more: readonly string[],
  env: Readonly<Record<string, string>>,
  stop: AbortSignal,
): Promise<Ran> {
  const as =
    user === null
      ? []
      : ['--reuid', String(user.uid), '--regid', String(user.gid), '--init-groups', '--no-new-privs'];
  const child = spawn('setpriv', [...as, '--pdeathsig', 'KILL', '--', ...command, ...more], {
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', ...env },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = Buffer.alloc(0);
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      said = Buffer.concat([said, bytes]).subarray(-kept);
    });
  let ended: 'late' | 'stopped' | undefined;
  let giveUp = (): void => {};
  const end = (why: 'late' | 'stopped'): void => {
    ended ??= why;
    // What has become another user's, as by sudo, cannot be ended; nobody waits for it.
    if (child.pid !== undefined && !killGroup(child.pid)) giveUp();
  };
  const late = setTimeout(() => end('late'), timeoutSeconds * 1000);
  const onStop = (): void => end('stopped');
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  try {
    const failure = await new Promise<Ran['failure']>((done) => {
      giveUp = () => done(judged(null, null, ended, timeoutSeconds));
      child.on('error', (error) => done({ code: 'script_missing', message: error.message }));
      // Not `close`: what it has left behind may hold the pipes.
      child.on('exit', (code, signal) =>
        setImmediate(() => done(judged(code, signal, ended, timeoutSeconds))),
      );
    });
    return { failure, output: printable(said) };
  } finally {
    clearTimeout(late);
    stop.removeEventListener('abort', onStop);
    if (child.pid !== undefined) killGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function judged(
  code: number | null,
  signal: string | null,
  ended: 'late' | 'stopped' | undefined,
  seconds: number,
): Ran['failure'] {
  if (ended === 'late') return { code: 'script_late', message: `it was ended after ${seconds} s` };
  if (ended === 'stopped') return { code: 'script_stopped', message: 'the hub stopped meanwhile' };
  if (code === 0) return null;
  const how = code === null ? `was ended by ${signal}` : `ended with the exit code ${code}`;
  return { code: 'script_failed', message: `it ${how}` };
}

/** The whole group; it is gone already where nothing of it is left. @returns false where that is not allowed */
function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
}

function printable(bytes: Buffer): string {
  // PostgreSQL takes no NUL, and terminals should get nothing else of that kind.
  return bytes.toString('utf8').replace(/[^\t\n\x20-\x7e\u00a0-\ud7ff\ue000-\uffff]/g, '\ufffd');
}
