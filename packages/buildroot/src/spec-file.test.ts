import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BuildFailure } from './driver.ts';
import { editSpec } from './spec-file.ts';

let top: string;
let spec: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'moromi-spec-'));
  mkdirSync(join(top, 'SPECS'));
  spec = join(top, 'SPECS', 'a.spec');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const raise = (text: string): string => text.replace('Release: 1', 'Release: 2');
const never = (): string => {
  throw new Error('it was read');
};

test('the edited file has the owner and the mode of the one before, and nothing else is left', async () => {
  writeFileSync(spec, 'Release: 1\n# \xff\n', 'latin1');
  chmodSync(spec, 0o4640);
  if (process.getuid?.() === 0) execFileSync('chown', ['1000:135', spec]);
  const before = statSync(spec);
  await editSpec(top, raise);
  expect(readFileSync(spec, 'latin1')).toBe('Release: 2\n# \xff\n');
  const { uid, gid, mode } = statSync(spec);
  expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: before.uid, gid: before.gid, mode: 0o640 });
  expect(readdirSync(top)).toEqual(['SPECS']);
  expect(readdirSync(join(top, 'SPECS'))).toEqual(['a.spec']);
});

test('another name of the same file keeps what it held', async () => {
  writeFileSync(spec, 'Release: 1\n');
  linkSync(spec, join(top, 'source'));
  await editSpec(top, raise);
  expect(readFileSync(join(top, 'source'), 'utf8')).toBe('Release: 1\n');
});

test('what the edit throws leaves the file as it was', async () => {
  writeFileSync(spec, 'Release: 1\n');
  const refusal = new BuildFailure('no_release', 'no');
  await expect(
    editSpec(top, () => {
      throw refusal;
    }),
  ).rejects.toBe(refusal);
  expect(readFileSync(spec, 'utf8')).toBe('Release: 1\n');
  expect(readdirSync(top)).toEqual(['SPECS']);
});

test.each<[string, () => void]>([
  ['a link', () => symlinkSync('/etc/hosts', spec)],
  ['a pipe', () => execFileSync('mkfifo', [spec])],
  ['a folder', () => mkdirSync(spec)],
  [
    'larger than any spec',
    () => {
      writeFileSync(spec, '');
      truncateSync(spec, 2 ** 25 + 1);
    },
  ],
  ['not there', () => {}],
  ['hidden', () => writeFileSync(join(top, 'SPECS', '.a.spec'), 'Release: 1\n')],
  [
    'one of two',
    () => {
      for (const path of [spec, join(top, 'SPECS', 'b.spec')]) writeFileSync(path, '');
    },
  ],
  [
    'in a folder behind a link',
    () => {
      writeFileSync(spec, 'Release: 1\n');
      renameSync(join(top, 'SPECS'), join(top, 'elsewhere'));
      symlinkSync('elsewhere', join(top, 'SPECS'));
    },
  ],
  ['in no folder', () => rmSync(join(top, 'SPECS'), { recursive: true })],
])('a spec file that is %s is not read', async (_, make) => {
  make();
  await expect(editSpec(top, never)).rejects.toMatchObject({ code: 'spec_unreadable', fault: 'package' });
});
