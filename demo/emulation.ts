/**
 * Makes this machine ready to build for aarch64.
 *
 * Invariant: after it, programs of that architecture were seen to run here; otherwise one sentence says why not.
 */
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tryArch } from '../packages/buildroot/src/index.ts';

const setup = join(import.meta.dirname, '../scripts/setup');

/** @param folder where roots will stand */
export async function runAarch64(folder: string): Promise<void> {
  // npm gives the demonstration's options to this program alone, so the set-up before it did not know of them.
  const done = spawnSync('bash', [setup, '--aarch64'], { stdio: 'inherit' });
  if (done.status !== 0) throw new Error('the set-up for aarch64 failed; the lines above say why');
  await mkdir(folder, { recursive: true });
  const { runs, remark } = await tryArch('aarch64', folder);
  if (runs === 'not') throw new Error(remark);
}
