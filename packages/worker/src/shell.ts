/** `moromi shell TASK`: into the root that a failed build left on this machine. */
import { enterKept } from '@moromi/buildroot';
import { homeOf } from './home.ts';
import { listKept } from './kept.ts';

/** Opens a shell in the newest kept root of the task; returns the shell's exit status. Throws an Error that says what to do. */
export async function shell(home: string, task: number): Promise<number> {
  const kept = await listKept(homeOf(home).kept);
  const found = kept.findLast((one) => one.task === task);
  if (found === undefined) {
    const others = [...new Set(kept.map((one) => one.task))].join(', ');
    throw new Error(
      `No root of task ${task} is kept under ${home}${others === '' ? '' : ` (there are those of ${others})`}. Build with ` +
        '--keep-failed, and run this on the worker that built it, before its time is over.',
    );
  }
  process.stderr.write(`${found.label}: the root stays until ${found.until}; leave the shell with exit\n`);
  return await enterKept(found.dir);
}
