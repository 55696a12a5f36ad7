/** Builds that fail by their package's fault: the code, a sentence, and all logs. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuildDetail } from '../../packages/contract/src/index.ts';
import { checkPromises } from '../harness/promises.ts';
import { makeSpec, packSpec } from '../harness/specs.ts';
import { System } from '../harness/system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});
afterAll(async () => {
  try {
    if (system !== undefined) await checkPromises(system.connection(), join(system.home('hub'), 'blobs'));
  } finally {
    await system?.stop();
  }
});

/** The failed task of a build that was tried once, with its logs. */
async function failedTask(build: BuildDetail): Promise<{ id: number; logs: Map<string, string> }> {
  const tasks = await Promise.all(build.tasks.map((id) => system.client.call('getTask', { params: { id } })));
  const failed = tasks.find((task) => task.state === 'failed');
  if (failed === undefined) throw new Error(`no task failed: ${JSON.stringify(tasks)}`);
  expect(failed.attempts).toHaveLength(1);
  expect(failed.attempts[0]).toMatchObject({ outcome: 'failed', failure: { fault: 'package' } });
  const { items } = await system.client.call('listLogs', { params: { id: failed.id } });
  const logs = new Map<string, string>();
  for (const log of items) {
    expect(log.complete).toBe(true);
    const text = await system.log(failed.id, log.attempt, log.name);
    expect(Buffer.byteLength(text)).toBe(log.size);
    logs.set(log.name, text);
  }
  return { id: failed.id, logs };
}

test.each([
  ['bad-prep', 'prep_failed', /%prep/, 'build.log', 'the preparation fails'],
  ['bad-build', 'build_failed', /%build/, 'build.log', 'on standard error'],
  ['bad-check', 'check_failed', /%check/, 'build.log', 'one test of one failed'],
  ['bad-files', 'files_failed', /no %files lists/, 'build.log', 'unlisted'],
  [
    'need-missing',
    'buildrequires_missing',
    /no-such-package-devel >= 9/,
    'root.log',
    'no-such-package-devel',
  ],
] as const)(
  '%s fails as %s, is not tried again, and keeps its logs',
  async (name, code, sentence, log, words) => {
    const { id } = await system.submit(name);
    const build = await system.over(id);
    expect(build).toMatchObject({ state: 'failed', failure: { code, fault: 'package' }, tags: [], rpms: [] });
    expect(build.failure?.message).toMatch(sentence);
    const { logs } = await failedTask(build);
    expect(logs.get(log)).toContain(words);
    expect([...logs.keys()]).toEqual(expect.arrayContaining(['root.log', 'state.log']));
    if (log === 'build.log') expect(build.failure?.excerpt).toContain(words);
  },
);

test('a package that excludes all architectures fails as that, with the reason of each', async () => {
  const build = await system.over((await system.submit('other-arch')).id);
  expect(build).toMatchObject({ state: 'failed', failure: { code: 'all_excluded', fault: 'excluded' } });
  expect(build.failure?.message).toMatch(/s390x/);
});

test('a package that excludes one architecture is complete with the other', async () => {
  const body = '%build\n%install\nmkdir -p %{buildroot}/opt/one\n%files\n/opt/one\n';
  const srpm = packSpec(
    makeSpec(system.dir, 'one-arch', { lines: 'ExclusiveArch: i686', body }),
    join(system.dir, 'srpms'),
    {
      _target_cpu: 'i686',
    },
  );
  const build = await system.published((await system.submit(srpm)).id);
  expect(build.rpms.map((rpm) => rpm.arch)).toEqual(['i686']);
  const tasks = await Promise.all(build.tasks.map((id) => system.client.call('getTask', { params: { id } })));
  expect(tasks.find((task) => task.state === 'excluded')).toMatchObject({
    arch: 'x86_64',
    failure: { code: 'arch_excluded', fault: 'excluded' },
  });
});

test('a build that takes too long ends with its stage', async () => {
  await system.addTarget('short', { timeoutSeconds: 10 });
  const { id } = await system.submit('slow', { define: { ticks: '1000' }, arches: ['x86_64'] }, 'short');
  const build = await system.over(id, 90_000);
  expect(build).toMatchObject({ state: 'failed', failure: { code: 'build_timeout', fault: 'package' } });
  expect(build.failure?.message).toMatch(/10 s in %build/);
  expect((await failedTask(build)).logs.get('build.log')).toContain('tick 3 of 1000');
});

test('a build fails once all its architectures have ended, and names the one that failed', async () => {
  const body =
    '%build\n[ %{_target_cpu} != x86_64 ] || exit 1\n%install\nmkdir -p %{buildroot}/opt/half\n%files\n/opt/half\n';
  const srpm = packSpec(
    makeSpec(system.dir, 'half', { lines: 'BuildRequires: gcc', body }),
    join(system.dir, 'srpms'),
  );
  const build = await system.over((await system.submit(srpm)).id);
  expect(build).toMatchObject({ state: 'failed', failure: { code: 'build_failed' }, tags: [] });
  expect(build.failure?.message).toContain('(build x86_64)');
  const tasks = await Promise.all(build.tasks.map((id) => system.client.call('getTask', { params: { id } })));
  expect(tasks.map((task) => `${task.kind} ${task.arch} ${task.state}`).toSorted()).toEqual([
    'build i686 done',
    'build x86_64 failed',
    'srpm x86_64 done',
  ]);
});
