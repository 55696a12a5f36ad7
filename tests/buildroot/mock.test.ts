/** The mock driver against a stand-in: mock itself cannot be had on Debian. */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createMockDriver,
  type Driver,
  enterKept,
  type MockOptions,
  sweepKept,
} from '../../packages/buildroot/src/index.ts';
import { failing } from './failing.ts';
import { build, expectTaken, type Machine, makeMachine, never, processesWith, until } from './machine.ts';

const standIn = fileURLToPath(new URL('../../packages/buildroot/fixtures/mock-stand-in', import.meta.url));
const builder = fileURLToPath(import.meta.resolve('./builder.ts'));
let machine: Machine;
let driver: Driver;
let options: MockOptions;

beforeAll(() => {
  machine = makeMachine();
  chmodSync(machine.dir, 0o755);
  // A copy, because the checkout may lie where another user cannot look.
  copyFileSync(standIn, join(machine.dir, 'mock'));
  options = {
    home: machine.home,
    mockCommand: join(machine.dir, 'mock'),
    // There is no user for mock where mock is not; any that is not root will do.
    user: { uid: 65534, gid: 65534, name: 'nobody', home: '/' },
  };
  driver = createMockDriver(options);
});
afterAll(() => machine.remove());

test('the probe names the version and says that the driver is not verified', async () => {
  const probe = await driver.probe();
  expect(probe).toMatchObject({ driver: 'mock', usable: true, versions: { mock: '6.7' } });
  expect(probe.warnings.join()).toContain('not verified on a real mock');
});

test('a machine without mock is told what to install', async () => {
  const none = createMockDriver({
    home: machine.home,
    mockCommand: '/nonexistent/mock',
    user: 'nobody-has-this-name',
  });
  const probe = await none.probe();
  expect(probe.usable).toBe(false);
  expect(probe.problems.join()).toContain('install mock');
});

describe('a build that goes well', () => {
  test('rebuilds a source package with the %dist of the target', async () => {
    const order = machine.order();
    const { names, installed } = await build(driver, order, 'buildSource', machine.sample('notes'));
    expect(names).toEqual(['notes-1.0-1.el9.src.rpm']);
    expect(installed.some((nevra) => nevra.startsWith('bash-'))).toBe(true);
    expect(machine.log(order, 'build.log')).toContain('stand-in');
    expect(machine.log(order, 'state.log')).toContain('- Start: buildsrpm');
  });

  test('builds binary packages, and names the files that stood in the root', async () => {
    const order = machine.order();
    const root = await driver.open(order);
    try {
      const { srpm, rpms, installed } = await root.buildBinary(machine.sample('notes'), never);
      expect(srpm).toMatch(/notes-1\.0-1\.el9\.src\.rpm$/);
      expect(rpms).toHaveLength(1);
      expect(installed.every((one) => /^[0-9a-f]{64}$/.test(one.sha256) && one.repo === 'base')).toBe(true);
    } finally {
      await root.destroy();
    }
    expect(readdirSync(join(machine.home, 'work'))).toEqual([]);
  });

  test('takes what is told: what its processes hold, and its root', async () => {
    const root = await driver.open(machine.order());
    try {
      await root.buildBinary(machine.sample('takes'), never);
      expectTaken(await root.used(never));
    } finally {
      await root.destroy();
    }
  });

  test('passes build conditionals on', async () => {
    const order = machine.order({ with: ['extra'] });
    await build(driver, order, 'buildBinary', machine.sample('cond-macro'));
    expect(machine.log(order, 'build.log')).toMatch(/^\+ mkdir -p \S+\/usr\/share$/m);
  });

  test('keeps the bytes of a log as they were', async () => {
    const order = machine.order();
    await build(driver, order, 'buildBinary', machine.sample('bin-log'));
    const bytes = readFileSync(join(order.logDir, 'build.log'));
    expect(bytes.includes(Buffer.from('bytes \xff\xfe \x1b[31mred\x1b[0m\r\n', 'latin1'))).toBe(true);
  });
});

describe('a build that fails', () => {
  test.each(failing)('%s is %s', async (name, code, excerpt) => {
    const step = build(driver, machine.order(), 'buildBinary', machine.sample(name));
    const failure = await step.catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'BuildFailure', code, fault: 'package' });
    expect((failure as { excerpt: string }).excerpt).toMatch(excerpt);
  });

  test.each(['other-arch', 'not-here'])('%s excludes this architecture', async (name) => {
    const step = build(driver, machine.order(), 'buildBinary', machine.sample(name));
    await expect(step).rejects.toMatchObject({ code: 'arch_excluded', fault: 'excluded' });
  });

  test('a damaged source package is srpm_damaged in both steps', async () => {
    const cut = join(machine.dir, 'cut.src.rpm');
    copyFileSync(machine.sample('hello-c'), cut);
    truncateSync(cut, 200);
    for (const step of ['buildSource', 'buildBinary'] as const) {
      await expect(build(driver, machine.order(), step, cut)).rejects.toMatchObject({ code: 'srpm_damaged' });
    }
  });

  test('an unreachable repository and a missing package both end with 30 and are told apart', async () => {
    const repos = [{ id: 'base', baseurl: 'http://127.0.0.1:9/repo', priority: 1 }];
    const step = build(driver, machine.order({ repos }), 'buildBinary', machine.sample('notes'));
    await expect(step).rejects.toMatchObject({ code: 'repo_unreachable', fault: 'infrastructure' });
  });

  test('a group that no repository has is config_failed', async () => {
    const groups = { srpmBuild: ['@no-such-group'], build: ['@buildsys-build'] };
    const step = build(driver, machine.order({ groups }), 'buildSource', machine.sample('notes'));
    await expect(step).rejects.toMatchObject({ code: 'config_failed', fault: 'infrastructure' });
  });

  test('a build that takes too long is build_timeout', async () => {
    const marker = `86400.${process.pid}97`;
    const order = machine.order({ timeoutSeconds: 1, macros: { dist: '.el9', marker } });
    const step = build(driver, order, 'buildBinary', machine.sample('slow'));
    await expect(step).rejects.toMatchObject({ code: 'build_timeout' });
    for (const pid of processesWith(marker)) process.kill(pid, 'SIGKILL');
  });

  test('canceling sends SIGTERM, waits for mock and leaves no process', async () => {
    const marker = `86400.${process.pid}99`;
    const order = machine.order({ macros: { dist: '.el9', marker } });
    const abort = new AbortController();
    const step = build(driver, order, 'buildBinary', machine.sample('slow'), abort.signal);
    step.catch(() => {});
    await until(() => processesWith(marker).length > 0, 20_000, 'the build runs');
    abort.abort();
    await expect(step).rejects.toMatchObject({ code: 'canceled' });
    const inMock = (): number[] => processesWith(join(machine.dir, 'mock'));
    await until(() => inMock().length === 0, 3000, 'mock is gone');
    for (const pid of processesWith(marker)) process.kill(pid, 'SIGKILL');
  });
});

test('SIGKILL of the process that builds ends mock', async () => {
  const marker = `86400.${process.pid}98`;
  const order = machine.order({ macros: { dist: '.el9', marker } });
  const plan = { mock: options, order, srpm: machine.sample('slow') };
  const child = spawn(process.execPath, [builder, JSON.stringify(plan)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(() => processesWith(marker).length > 0, 20_000, 'the build runs');
  child.kill('SIGKILL');
  // The sleeper in a session of its own is what a real mock finds by its chroot; the stand-in has none.
  await until(() => processesWith(join(machine.dir, 'mock')).length === 0, 10_000, 'mock is gone');
  for (const pid of processesWith(marker)) process.kill(pid, 'SIGKILL');
});

test('a kept root opens a shell by the same configuration, and goes when its time is over', async () => {
  const root = await driver.open(machine.order());
  await expect(root.buildBinary(machine.sample('bad-build'), never)).rejects.toMatchObject({
    code: 'build_failed',
  });
  const kept = await root.keep(new Date(Date.now() + 60_000));
  await root.destroy();
  expect(await enterKept(kept.dir, { command: ['sh', '-c', 'test "$STAND_IN" = 1 && exit 5'] })).toBe(5);
  expect(await sweepKept(machine.home)).toBe(0);
  expect(await sweepKept(machine.home, new Date(Date.now() + 120_000))).toBe(1);
  expect(existsSync(kept.dir)).toBe(false);
});
