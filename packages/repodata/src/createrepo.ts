/**
 * createrepo_c as a maker of metadata.
 *
 * Invariant: one process, bounded in time and in what it may say, ended with SIGKILL when the signal comes; nothing of
 * what it wrote is returned unless it ended well.
 *
 * Seen with 0.17.3: the same set gives the same bytes, also with `--update --skip-stat`, if the files' times are the
 * same; it refuses `--compress-type=zstd`, so gzip, which every dnf reads.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RepodataError } from './errors.ts';
import type { MetadataFile, MetadataMaker, MetadataOrder } from './maker.ts';

const mostSaid = 64 * 1024;

export class Createrepo implements MetadataMaker {
  readonly #program: string;

  constructor(program = 'createrepo_c') {
    this.#program = program;
  }

  async make(order: MetadataOrder, signal: AbortSignal): Promise<MetadataFile[]> {
    signal.throwIfAborted();
    await run(this.#program, argsOf(order), order, signal);
    const folder = join(order.output, 'repodata');
    const names = (await readdir(folder)).sort();
    if (!names.includes('repomd.xml')) {
      throw new RepodataError('maker_failed', `${this.#program} ended well but left no repomd.xml.`);
    }
    const ordered = [...names.filter((name) => name !== 'repomd.xml'), 'repomd.xml'];
    return ordered.map((name) => ({ name, path: join(folder, name) }));
  }
}

function argsOf(order: MetadataOrder): string[] {
  return [
    '--quiet',
    '--no-database',
    '--compress-type=gz',
    '--unique-md-filenames',
    `--revision=${order.revision}`,
    '--set-timestamp-to-revision',
    '--error-exit-val',
    `--workers=${availableParallelism()}`,
    `--outputdir=${order.output}`,
    ...(order.previous === undefined
      ? []
      : ['--update', '--skip-stat', `--update-md-path=${order.previous}`]),
    '--',
    order.dir,
  ];
}

async function run(
  program: string,
  args: string[],
  order: MetadataOrder,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC', HOME: '/nonexistent' },
  });
  let late = false;
  const kill = () => void child.kill('SIGKILL');
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, order.timeoutMs);
  signal.addEventListener('abort', kill, { once: true });
  let said = 0;
  let tail = '';
  const hear = (piece: Buffer) => {
    const text = piece.toString('utf8');
    tail = (tail + text).slice(-2000);
    if (said < mostSaid) order.say?.(text);
    said += text.length;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  try {
    const ended = await new Promise<string>((done, fail) => {
      child.once('error', fail);
      child.once('close', (code, by) => done(by === null ? `exit ${code}` : `signal ${by}`));
    });
    signal.throwIfAborted();
    if (ended !== 'exit 0') {
      const why = late ? `took longer than ${Math.round(order.timeoutMs / 1000)} s` : `ended with ${ended}`;
      throw new RepodataError('maker_failed', `${program} ${why}: ${tail.trim()}`);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof RepodataError) throw error;
    throw new RepodataError(
      'maker_failed',
      `${program} cannot be run (${String(error)}); install createrepo_c.`,
      {
        cause: error,
      },
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
}
