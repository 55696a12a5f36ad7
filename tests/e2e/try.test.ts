/**
 * A real change with its consequences: what needs it is built with it in a side tag by a real builder, what broke is
 * told apart from what was broken before, and what can be installed is compared; then all of it is merged.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchDetail } from '../../packages/contract/src/index.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { System } from '../harness/system.ts';

let system: System;
const env = () => ({ MOROMI_TOKEN: system.token });
const cli = (...args: string[]) => system.cli([...args, '--hub', system.url], env());
const batch = (id: number): Promise<BatchDetail> => system.client.call('getBatch', { params: { id } });

beforeAll(async () => {
  system = await System.start();
  await system.addTarget('dist', { arches: ['x86_64'] });
  const first = await cli(
    'batch-build',
    '--target',
    'dist',
    low('1', 'liblow.so.1'),
    source('helper', { files: 'one' }),
    ':',
    // Builds with the first low alone; only its soname is required by what it installs.
    source('picky', { needs: 'low', build: 'test -e %{_datadir}/low/1' }),
    source('sick', { needs: 'low helper', build: 'test -e %{_datadir}/helper/one' }),
    source('fine', { needs: 'low' }),
    source('plugin', { lines: 'Requires: liblow.so.1()(64bit)' }),
    ':',
    // From now on sick does not build, whatever is tried.
    source('helper', { files: 'two', release: '2' }),
  );
  if (first.code !== 0) throw new Error(first.out);
}, 300_000);
afterAll(() => system?.stop());

interface Wanted {
  needs?: string;
  lines?: string;
  build?: string;
  /** A file that it installs. */
  files?: string;
  release?: string;
}

function source(
  name: string,
  { needs = '', lines = '', build = '', files = 'some', release = '1' }: Wanted,
): string {
  const requires = needs
    .split(' ')
    .filter((one) => one !== '')
    .map((one) => `BuildRequires: ${one}-devel`)
    .join('\n');
  const spec = makeSpec(system.dir, name, {
    release: `${release}%{?dist}`,
    lines: `BuildArch: noarch\nProvides: ${name}-devel = %{version}-%{release}\n${requires}\n${lines}`,
    body: `%build
${build}

%install
install -D -m644 /dev/null %{buildroot}%{_datadir}/%{name}/${files}

%files
%{_datadir}/%{name}
`,
  });
  return packSpec(spec, `${system.dir}/srpms`);
}
const low = (release: string, soname: string) =>
  source('low', { release, files: release, lines: `Provides: ${soname}()(64bit)` });

async function over(id: number): Promise<BatchDetail> {
  return await system.until(
    `batch ${id} is over`,
    async () => {
      const now = await batch(id);
      return ['done', 'failed', 'canceled'].includes(now.state) ? now : undefined;
    },
    240_000,
  );
}

test('a change that breaks others says which, and what was broken before; nobody else sees any of it', async () => {
  const { out, code } = await cli('try', 'dist', low('2', 'liblow.so.2'));
  expect(code, out).toBe(1);
  const id = Number(/^Created batch: (\d+)$/m.exec(out)?.[1]);
  const { verdict, items } = await batch(id);
  expect(verdict).toMatchObject({
    good: false,
    changes: [],
    broke: [{ package: 'picky' }],
    brokeBefore: [{ package: 'sick' }],
    unclear: [],
    closure: {
      unmet: [{ package: 'plugin-1-1.el9.noarch', requirement: 'liblow.so.1()(64bit)', before: false }],
      gone: [{ soname: 'liblow.so.1()(64bit)', users: ['plugin-1-1.el9.noarch'] }],
      added: [{ soname: 'liblow.so.2()(64bit)' }],
    },
  });
  expect(
    items.filter((item) => item.state === 'done' && item.stage === 'usual').map((one) => one.label),
  ).toEqual(['fine']);
  expect(out).toContain('It breaks something.');
  expect(out).toContain('plugin-1-1.el9.noarch (x86_64): nothing provides liblow.so.1()(64bit)');
  const merged = await cli('merge-batch', String(id));
  expect(merged.code).not.toBe(0);
  expect(merged.out).toContain('1 packages broke');
  const tagged = await system.client.call('listTagged', { params: { name: 'dist' }, query: {} });
  expect(tagged.items.map((one) => one.nvr)).not.toContain('low-1-2.el9');
}, 300_000);

test('a change that breaks nothing is merged with all that needs it', async () => {
  // Both sonames, and the file that picky looks for.
  const kind = source('low', {
    release: '3',
    files: '1',
    lines: 'Provides: liblow.so.1()(64bit)\nProvides: liblow.so.2()(64bit)',
  });
  const { out, code } = await cli('try', 'dist', kind, '--merge');
  expect(code, out).toBe(0);
  const id = Number(/^Created batch: (\d+)$/m.exec(out)?.[1]);
  expect((await over(id)).verdict).toMatchObject({ good: true, brokeBefore: [{ package: 'sick' }] });
  const { items } = await system.client.call('listTagged', { params: { name: 'dist' }, query: {} });
  const nvrs = items.map((one) => one.nvr);
  expect(nvrs).toEqual(
    expect.arrayContaining(['low-1-3.el9', `picky-1-1.el9.t${id}`, `fine-1-1.el9.t${id}`]),
  );
}, 300_000);
