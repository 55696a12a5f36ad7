/**
 * Removes what dead processes left in a home folder.
 *
 * Invariant: only what names an owner that is gone is touched; what a living process or a kept root uses stays.
 * Nothing is ever left mounted (see sandbox.ts), so removing folders is enough.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepGroups } from '../cgroup.ts';
import { forgetOld, removeTrees } from '../files.ts';
import { sweepKept } from '../kept.ts';
import { isAlive, ownerOfName } from '../owner.ts';

export async function sweep(home: string, log: (line: string) => void): Promise<void> {
  const dead: string[] = [];
  for (const folder of ['work', 'aside']) {
    for (const name of await readdir(join(home, folder)).catch(() => [])) {
      const owner = ownerOfName(name);
      if (owner && !isAlive(owner)) dead.push(join(home, folder, name));
    }
  }
  for (const key of await readdir(join(home, 'uses')).catch(() => [])) {
    for (const name of await readdir(join(home, 'uses', key)).catch(() => [])) {
      const owner = name.startsWith('kept-') ? undefined : ownerOfName(name);
      if (owner && !isAlive(owner)) dead.push(join(home, 'uses', key, name));
    }
  }
  if (dead.length > 0) log(`removing ${dead.length} leftovers of builds that were cut off`);
  await removeTrees(...dead);
  for (const folder of ['facts', 'resolutions']) await forgetOld(join(home, folder), 30 * 86_400_000);
  await sweepKept(home);
  await sweepGroups();
}
