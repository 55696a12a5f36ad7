/**
 * Real chains and a real mass rebuild: source packages that need one another, a cycle among them, two real builders, and
 * one of them killed in the middle.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchDetail } from '../../packages/contract/src/index.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { System } from '../harness/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start();
  await system.startWorker({ name: 'second', arches: 'x86_64' });
  await system.addTarget('ring', { arches: ['x86_64'] });
});
afterAll(() => system?.stop());

/** A noarch package that needs others, and says in a file with which of their versions it was built. */
function source(name: string, needs: readonly string[], lines = ''): string {
  const requires = needs.map((one) => `BuildRequires: ${one}-devel`).join('\n');
  const spec = makeSpec(system.dir, name, {
    lines: `BuildArch: noarch\nProvides: ${name}-devel = %{version}-%{release}\n${requires}\n${lines}`,
    body: `%build
for name in ${needs.join(' ')}; do test -e %{_datadir}/$name/name && cat %{_datadir}/$name/name; done > built-with || true

%install
install -D -m644 built-with %{buildroot}%{_datadir}/%{name}/built-with
echo '%{name}-%{version}-%{release}' > %{buildroot}%{_datadir}/%{name}/name

%files
%{_datadir}/%{name}
`,
  });
  return packSpec(spec, `${system.dir}/srpms`);
}

const batch = (id: number): Promise<BatchDetail> => system.client.call('getBatch', { params: { id } });

async function over(id: number, ms: number): Promise<BatchDetail> {
  return await system.until(
    `batch ${id} is over`,
    async () => {
      const now = await batch(id);
      return ['done', 'failed', 'canceled'].includes(now.state) ? now : undefined;
    },
    ms,
  );
}

async function created(args: string[]): Promise<number> {
  const { out, code } = await system.cli([...args, '--nowait', '--hub', system.url], {
    MOROMI_TOKEN: system.token,
  });
  const id = /^Created batch: (\d+)$/m.exec(out)?.[1];
  if (code !== 0 || id === undefined) throw new Error(`it was not submitted: ${out}`);
  return Number(id);
}

test('a chain builds each with the one before in its root', async () => {
  const [low, middle, high] = [
    source('low', []),
    source('middle', ['low']),
    source('high', ['middle', 'low']),
  ];
  const id = await created(['chain-build', 'ring', low, middle, high]);
  const done = await over(id, 200_000);
  expect(done).toMatchObject({ state: 'done', counts: { done: 3 } });
  const builds = await Promise.all(done.items.map((item) => system.detail(item.build ?? 0)));
  expect(builds.map((one) => one.nvr)).toEqual(['low-1-1.el9', 'middle-1-1.el9', 'high-1-1.el9']);
  // Each saw another revision of the repository: the one with the build before it.
  expect(new Set(builds.map((one) => one.revision)).size).toBe(3);
});

/** Fifteen and more packages: a line, a fan, and two that need each other. */
const graph: Record<string, readonly string[]> = {
  base: [],
  tool: ['base'],
  ...Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`leaf${n}`, ['tool']])),
  step1: ['tool'],
  step2: ['step1'],
  step3: ['step2', 'leaf0'],
  ringa: ['ringb', 'base'],
  ringb: ['ringa'],
  user: ['ringb', 'step3'],
  app: ['user', 'leaf1', 'leaf2'],
  last: ['app'],
};
const bootstrap = '%bcond_with bootstrap\n';

test('a mass rebuild with a cycle is done, in order, although a builder is killed in the middle', async () => {
  const srpms = Object.entries(graph).map(([name, needs]) => {
    if (name !== 'ringa') return source(name, needs);
    const spec = makeSpec(system.dir, name, {
      lines: `${bootstrap}BuildArch: noarch\nProvides: ${name}-devel = %{version}-%{release}\nBuildRequires: base-devel\n%if %{without bootstrap}\nBuildRequires: ringb-devel\n%endif`,
      body: `%build\n\n%install\nmkdir -p %{buildroot}%{_datadir}/%{name}\necho '%{name}-%{version}-%{release}' > %{buildroot}%{_datadir}/%{name}/name\n\n%files\n%{_datadir}/%{name}\n`,
    });
    return packSpec(spec, `${system.dir}/srpms`);
  });
  const refused = await system.cli(['rebuild', 'ring', ...srpms, '--dry-run', '--hub', system.url], {
    MOROMI_TOKEN: system.token,
  });
  expect(refused.out).toContain('cycle: ringa → ringb → ringa');

  const id = await created(['rebuild', 'ring', ...srpms, '--bootstrap', 'ringa']);
  const killed = system.worker('second');
  // In the middle of a build of its own.
  await system.until('the second builder builds', async () => {
    const { items } = await system.client.call('listTasks', {
      query: { worker: 'second', state: 'leased', kind: 'build' },
    });
    return items.length > 0 ? true : undefined;
  });
  await killed.kill();
  await system.startWorker({ name: 'second', arches: 'x86_64' });

  const done = await over(id, 350_000);
  expect(done.items.filter((item) => item.state !== 'done')).toEqual([]);
  expect(done).toMatchObject({
    state: 'done',
    plan: { packages: 16, cycles: [{ broken: 'bootstrap' }], missing: [] },
  });
  const ended = new Map<string, number>();
  const began = new Map<string, number>();
  for (const item of done.items) {
    const build = await system.detail(item.build ?? 0);
    const key = item.stage === 'bootstrap' ? `${item.label}~` : item.label;
    began.set(key, Date.parse(build.createdAt));
    ended.set(key, Date.parse(build.endedAt ?? ''));
    expect(build.nvr).toBe(`${item.label}-1-1.el9${item.stage === 'bootstrap' ? '~bootstrap' : ''}`);
  }
  for (const [name, needs] of Object.entries(graph))
    for (const need of needs)
      if (!(name === 'ringa' && need === 'ringb'))
        expect(began.get(name)).toBeGreaterThanOrEqual(ended.get(need) ?? Number.NaN);
  // Nothing that stands on the bootstrap is released.
  const tagged = await system.client.call('listTagged', { params: { name: 'ring' }, query: {} });
  expect(tagged.items.filter((one) => one.nvr.includes('bootstrap'))).toEqual([]);
  expect(tagged.items.map((one) => one.nvr)).toContain('ringa-1-1.el9');
  const everySpent = await system.sql<{ spent: number }>(`SELECT max(spent) AS spent FROM tasks`);
  expect(everySpent[0]?.spent).toBeLessThan(3);
}, 600_000);

test('what was rebuilt is rebuilt again with the requirements that it had, and a requirement of nobody is named', async () => {
  const first = await system.cli(
    [
      'rebuild',
      'ring',
      '--tag',
      'ring',
      '--package',
      'step1,step2',
      '--dist-suffix',
      '.2',
      '--dry-run',
      '--hub',
      system.url,
      '--json',
    ],
    { MOROMI_TOKEN: system.token },
  );
  const planned = JSON.parse(first.out) as BatchDetail;
  expect(planned).toMatchObject({
    state: 'planned',
    plan: { packages: 2, edges: 1, missing: [], guessed: 0 },
  });
  const lost = source('lost', ['stepp1']);
  const missing = await system.cli(['rebuild', 'ring', lost, '--dry-run', '--hub', system.url], {
    MOROMI_TOKEN: system.token,
  });
  expect(missing.out).toContain('nothing provides stepp1-devel; did you mean step1-devel?');
});

test('a rebuild that skips what is identical builds what has another root, and that alone', async () => {
  const rebuilt = async (suffix: string): Promise<Record<string, string>> => {
    const args = ['rebuild', 'same', '--tag', 'same', '--dist-suffix', suffix, '--skip-identical'];
    const done = await over(await created(args), 300_000);
    expect(done.state).toBe('done');
    for (const { state, failure } of done.items)
      expect(failure?.code).toBe(state === 'skipped' ? 'identical' : undefined);
    return Object.fromEntries(done.items.map((item) => [item.label, item.state]));
  };
  await system.addTarget('same', { arches: ['x86_64'] });
  const srpms = [source('root', []), source('stem', ['root']), source('leaf', ['stem']), source('weed', [])];
  expect((await over(await created(['rebuild', 'same', ...srpms]), 300_000)).counts).toEqual({ done: 4 });
  const all = { leaf: 'skipped', root: 'skipped', stem: 'skipped', weed: 'skipped' };
  expect(await rebuilt('.1')).toEqual(all);
  expect(await rebuilt('.2')).toEqual(all);
  // The root of what needs it is another now; its own is not.
  const spec = makeSpec(system.dir, 'root', {
    version: '2',
    lines: 'BuildArch: noarch\nProvides: root-devel = %{version}-%{release}',
  });
  const changed = await system.submit(packSpec(spec, `${system.dir}/srpms`), {}, 'same');
  await system.published(changed.id);
  expect(await rebuilt('.3')).toEqual({ ...all, leaf: 'done', stem: 'done' });
  expect(await rebuilt('.4')).toEqual(all);
  const { items } = await system.client.call('listTagged', { params: { name: 'same' }, query: {} });
  expect(items.map((one) => one.nvr).toSorted()).toEqual([
    'leaf-1-1.el9',
    'leaf-1-1.el9.3',
    'root-1-1.el9',
    'root-2-1.el9',
    'stem-1-1.el9',
    'stem-1-1.el9.3',
    'weed-1-1.el9',
  ]);
}, 900_000);
