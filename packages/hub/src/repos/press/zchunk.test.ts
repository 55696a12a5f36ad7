import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRepomd } from '@moromi/repodata';
import { expect, test } from 'vitest';
import { hasZchunk, zchunkHeader } from './zchunk.ts';

test('the header of a zchunk file is as createrepo_c states it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moromi-zck-'));
  mkdirSync(join(folder, 'empty'));
  const options = ['--quiet', '--no-database', '--zck', join(folder, 'empty')];
  execFileSync('createrepo_c', options, { timeout: 60_000 });
  const repodata = join(folder, 'empty', 'repodata');
  const { records } = readRepomd(readFileSync(join(repodata, 'repomd.xml')));
  const zck = records.filter((one) => one.type.endsWith('_zck'));
  expect(zck.map((one) => one.type).toSorted()).toEqual(['filelists_zck', 'other_zck', 'primary_zck']);
  for (const { href, header } of zck) {
    const bytes = readFileSync(join(folder, 'empty', href));
    expect(zchunkHeader(bytes)).toEqual(header);
    const changed = Buffer.from(bytes);
    changed[(header?.size ?? 0) - 1] = (changed[(header?.size ?? 0) - 1] ?? 0) ^ 1;
    expect(() => zchunkHeader(changed)).toThrow('checksum');
  }
  expect(() => zchunkHeader(Buffer.from('<metadata/>'))).toThrow('no zchunk file');
  await rm(folder, { recursive: true });
});

test('that the program is not there is found by trying it', async () => {
  expect(await hasZchunk()).toBe(true);
  expect(await hasZchunk('zck-that-is-not-there')).toBe(false);
});
