/** The native driver where overlayfs or namespaces are refused: forced here, run for real. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuildOrder,
  createNativeDriver,
  type Driver,
  enterKept,
} from '../../packages/buildroot/src/index.ts';
import { build, expectTaken, type Machine, makeMachine, never, smallGroups } from './machine.ts';

let machine: Machine;

beforeAll(() => {
  machine = makeMachine(['plain-c', 'dyn-br', 'bad-build', 'whoami', 'sneaky-links', 'takes']);
});
afterAll(() => machine.remove());

const modes = [
  { roots: 'copy', isolation: 'chroot' },
  { roots: 'copy', isolation: 'namespaces' },
  { roots: 'overlay', isolation: 'chroot' },
] as const;

const smallOrder = (): BuildOrder => machine.order({ groups: smallGroups });

describe.each(modes)('with roots by $roots and isolation by $isolation', (mode) => {
  let driver: Driver;
  beforeAll(() => {
    driver = createNativeDriver({ home: machine.home, ...mode });
  });

  test('the probe says loudly what is missing', async () => {
    const { usable, warnings, ...probe } = await driver.probe();
    expect(usable).toBe(true);
    expect(probe).toMatchObject(mode);
    expect(warnings.some((warning) => warning.includes('full copy'))).toBe(mode.roots === 'copy');
    expect(warnings.some((warning) => warning.includes('NOT ISOLATED'))).toBe(mode.isolation === 'chroot');
  });

  test('only plain files leave the root, and nothing is left mounted', async () => {
    const { names } = await build(driver, smallOrder(), 'buildBinary', machine.sample('sneaky-links'));
    expect(names).toEqual(['sneaky-links-1.0-1.el9.noarch.rpm', 'sneaky-links-1.0-1.el9.src.rpm']);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(machine.home);
  });

  test('what a build takes is told; a copied root is in it', async () => {
    const root = await driver.open(smallOrder());
    try {
      await root.buildBinary(machine.sample('takes'), never);
      expectTaken(await root.used(never), mode.roots === 'copy' ? 300 : 0);
    } finally {
      await root.destroy();
    }
  });

  test('the build is an unprivileged user; a failed one can be kept and entered', async () => {
    const order = smallOrder();
    // It reads /proc and fails where there is none, which is as good for this test.
    const root = await driver.open(order);
    await root.buildBinary(machine.sample('whoami'), never).catch(() => {});
    const log = machine.log(order, 'build.log');
    expect(log).toContain('user mockbuild 1000 mock 135');
    expect(log).toMatch(/home \/builddir pwd \/builddir\/build\/BUILD/);
    const { dir } = await root.keep(new Date(Date.now() + 60_000));
    const script = 'test -f /builddir/build/SPECS/whoami.spec && test "$(id -un)" = mockbuild && exit 7';
    expect(await enterKept(dir, { command: ['sh', '-c', script] })).toBe(7);
    expect(await enterKept(dir, { command: ['sh', '-c', script] })).toBe(7);
  });
});

test('without overlayfs and namespaces a program is built, with its debuginfo package', async () => {
  const driver = createNativeDriver({ home: machine.home, roots: 'copy', isolation: 'chroot' });
  const { names } = await build(driver, machine.order(), 'buildBinary', machine.sample('plain-c'));
  expect(names).toContain('plain-c-1.0-1.el9.x86_64.rpm');
  expect(names).toContain('plain-c-debuginfo-1.0-1.el9.x86_64.rpm');
});

test('without overlayfs and namespaces generated BuildRequires are installed', async () => {
  const driver = createNativeDriver({ home: machine.home, roots: 'copy', isolation: 'chroot' });
  const { names } = await build(driver, smallOrder(), 'buildBinary', machine.sample('dyn-br'));
  expect(names).toContain('dyn-br-1.0-1.el9.noarch.rpm');
});
