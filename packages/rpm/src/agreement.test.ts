import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disagreements } from './agreement.ts';
import { type RpmHeaders, readHeaders } from './headers.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-agreement-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A noarch package with one file, built as if on another machine and at another time. */
async function built(
  name: string,
  target: string,
  install: string[],
  more: string[] = [],
): Promise<RpmHeaders> {
  const top = join(folder, name);
  const spec = join(folder, `${name}.spec`);
  const lines = [
    ...['Name: doc', 'Version: 1', 'Release: 1', 'Summary: s', 'License: MIT', 'BuildArch: noarch', ...more],
    ...[
      '%description',
      'd',
      '%install',
      'mkdir -p %{buildroot}/usr/share/doc/doc',
      ...install,
      '%files',
      '/usr/share/doc/doc',
    ],
  ];
  await writeFile(spec, `${lines.join('\n')}\n`);
  const define = (macro: string) => ['--define', macro];
  await run(
    'rpmbuild',
    [
      ...[
        '-bb',
        ...define(`_topdir ${top}`),
        ...define(`_rpmdir ${top}`),
        ...define('_build_name_fmt %%{NAME}.rpm'),
      ],
      ...define(`_buildhost ${name}.example`),
      ...define(`optflags -O2 -march=${target}`),
      spec,
    ],
    { env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8' } },
  );
  const [file = ''] = (await readdir(top)).filter((one) => one.endsWith('.rpm'));
  return await readHeaders(join(top, file));
}

const hello = 'echo hello > %{buildroot}/usr/share/doc/doc/hello';

test('the same package from two machines agrees, whenever and with whatever flags it was built', async () => {
  const one = await built('one', 'x86-64', [
    hello,
    'touch -d 2001-01-01 %{buildroot}/usr/share/doc/doc/hello',
  ]);
  const two = await built('two', 'armv8-a', [
    hello,
    'touch -d 2002-02-02 %{buildroot}/usr/share/doc/doc/hello',
  ]);
  expect(disagreements(one, two)).toEqual([]);
  expect(disagreements(one, one)).toEqual([]);
});

test('what differs is named: a file’s content, a file that is missing, a dependency', async () => {
  const one = await built('three', 'x86-64', [hello]);
  const other = await built(
    'four',
    'x86-64',
    ['echo world > %{buildroot}/usr/share/doc/doc/hello', 'touch %{buildroot}/usr/share/doc/doc/more'],
    ['Requires: libc6'],
  );
  const found = disagreements(one, other);
  expect(found[0]).toBe('/usr/share/doc/doc/more: only in the second');
  expect(found[1]).toMatch(/^\/usr\/share\/doc\/doc\/hello: digest [0-9a-f]{64} and [0-9a-f]{64}$/);
  expect(found.some((line) => line.startsWith('REQUIRENAME: '))).toBe(true);
  expect(disagreements(one, other, 1)).toHaveLength(2);
});
