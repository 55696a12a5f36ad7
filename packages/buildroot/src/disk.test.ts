import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskOf } from './disk.ts';

const never = new AbortController().signal;

test('what is allocated counts once, without holes and without what links lead to', async () => {
  const dir = await mkdtemp('/var/tmp/moromi-disk-');
  try {
    const [a, b] = [join(dir, 'a'), join(dir, '-b')];
    for (const folder of [a, b]) await mkdir(folder);
    await writeFile(join(a, 'file'), Buffer.alloc(3 * 2 ** 20, 1));
    await link(join(a, 'file'), join(b, 'again'));
    await symlink('/usr', join(b, 'elsewhere'));
    await writeFile(join(b, 'hole'), '');
    await truncate(join(b, 'hole'), 2 ** 30);
    expect(await diskOf([a], never)).toBe(4);
    expect(await diskOf([a, b], never)).toBe(4);
    expect(await diskOf([join(dir, 'none')], never)).toBe(0);
    expect(await diskOf([a], AbortSignal.abort())).toBe(0);
  } finally {
    await rm(dir, { recursive: true });
  }
});
