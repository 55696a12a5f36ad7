import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { entriesOf, filesList } from './fileTree.ts';
import { makeRpm } from './rpmPackage.ts';

const folder = mkdtempSync(join(tmpdir(), 'moromi-rpm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function make(attempt: string): Promise<string> {
  const work = join(folder, attempt, 'work');
  const root = join(work, 'root');
  const packages = join(folder, attempt, 'packages');
  await mkdir(join(root, 'etc/strange [name]'), { recursive: true });
  await mkdir(packages);
  await writeFile(join(root, 'etc/strange [name]/50% {a,b}.conf'), 'one\n');
  await writeFile(join(root, 'etc/tool'), '#!/bin/sh\n');
  await chmod(join(root, 'etc/tool'), 0o4755);
  await symlink('tool', join(root, 'etc/link'));
  const configs = new Set(['/etc/tool']);
  const files = filesList(await entriesOf(root), { configs, foldersOwnedElsewhere: new Set(['/etc']) });
  const head = [
    'Name: sample',
    'Version: 1~rc1',
    'Release: 2',
    'Summary: 100% made',
    'License: X',
    'AutoReqProv: no',
  ];
  await makeRpm(
    { name: 'sample', head, description: '%{nil} is text', root, files },
    { arch: 'noarch', work, packages },
  );
  return join(packages, readdirSync(packages)[0] ?? '');
}

test('the same folder gives the same bytes, with its files, modes and text as they were', async () => {
  const [first, second] = [await make('first'), await make('second')];
  expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
  const format =
    '%{nevra} %{summary} %{description}\n[%{filenames} %{filemodes:octal} %{fileflags:fflags}\n]';
  expect(execFileSync('rpm', ['-qp', '--qf', format, first], { encoding: 'utf8' }).split('\n')).toEqual([
    'sample-1~rc1-2.noarch 100% made %{nil} is text',
    '/etc/link 120777 ',
    '/etc/strange [name] 40755 ',
    '/etc/strange [name]/50% {a,b}.conf 100644 ',
    '/etc/tool 104755 cn',
    '',
  ]);
});
