/**
 * How much of the disk folders take.
 *
 * Invariant: the tree is walked by `du`, which follows no link, holds every folder open while it reads it and counts a
 * file with several names once, so neither this process waits nor can a build lead it elsewhere. A tree that takes
 * longer than the limit is given up.
 */
import { run } from './exec.ts';

/** Time for a million files that were written just now. */
const limitMs = 20_000;

/**
 * Blocks that are allocated, in MiB, rounded up; 0 where that cannot be told. Holes do not count; blocks that the file
 * system lets two files share count for each of them.
 */
export async function diskOf(folders: readonly string[], signal: AbortSignal): Promise<number> {
  const args = ['--summarize', '--total', '--block-size=1K', '--one-file-system', '--', ...folders];
  const said = await run('du', args, { signal, timeoutMs: limitMs }).catch(() => undefined);
  if (said?.code !== 0) return 0;
  return Math.ceil(Number(/^(\d+)\ttotal$/m.exec(said.stdout)?.[1] ?? 0) / 1024);
}
