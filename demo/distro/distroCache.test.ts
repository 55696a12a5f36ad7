import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adopt, asideFolder, currentDistro, distroKey, type Manifest } from './distroCache.ts';

describe('the cache of distributions', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'moromi-distro-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function build(packages: string[]): Promise<string> {
    const aside = await asideFolder(folder);
    const key = distroKey('generator', packages);
    const manifest: Manifest = { arch: 'x86_64', key, generator: 'generator', packages, rpms: 1 };
    await writeFile(join(aside, 'manifest.json'), JSON.stringify(manifest));
    return adopt(folder, aside, key);
  }

  test('has nothing until a distribution was adopted', async () => {
    expect(await currentDistro(folder)).toBeUndefined();
    await asideFolder(folder);
    expect(await currentDistro(folder)).toBeUndefined();
    const path = await build(['a 1 all']);
    expect((await currentDistro(folder))?.path).toBe(path);
  });

  test('what a killed run has left is gone at the next', async () => {
    await mkdir(join(folder, 'aside-1', 'work'), { recursive: true });
    await asideFolder(folder);
    expect(existsSync(join(folder, 'aside-1'))).toBe(false);
  });

  test('keeps the newest and the one before, which somebody may still read', async () => {
    await build(['a 1 all']);
    const before = await build(['a 2 all']);
    const newest = await build(['a 3 all']);
    const left = readdirSync(folder).filter((name) => name !== 'current');
    expect(left.map((name) => join(folder, name)).sort()).toEqual([before, newest].sort());
  });

  test('making the same again replaces it', async () => {
    const first = await build(['a 1 all']);
    expect(await build(['a 1 all'])).toBe(first);
    expect((await currentDistro(folder))?.path).toBe(first);
  });
});
