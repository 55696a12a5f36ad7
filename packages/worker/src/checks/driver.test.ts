import { expect, test } from 'vitest';
import { TestDriver } from '../testing/driver.ts';
import { DriverCheck } from './driver.ts';

const failure = (code: string) => ({ code, message: 'x', fault: 'infrastructure' as const });

async function make() {
  const driver = new TestDriver('/nonexistent');
  const check = new DriverCheck(driver, ['x86_64', 'aarch64'], await driver.probe());
  return { driver, check };
}

test('a driver is not tried again while nothing speaks against it', async () => {
  const { driver, check } = await make();
  expect(await check.look()).toBeNull();
  check.failed(failure('repo_unreachable'));
  check.failed(failure('disk_full'));
  check.failed({ ...failure('root_failed'), fault: 'package' });
  expect(await check.look()).toBeNull();
  expect(driver.probes).toBe(1);
});

test('one that has blamed itself is tried before the next task, and its problem is said', async () => {
  const { driver, check } = await make();
  check.failed(failure('root_failed'));
  expect(await check.look()).toBeNull();
  expect(driver.probes).toBe(2);
  driver.usable = false;
  check.failed(failure('root_failed'));
  expect(await check.look()).toEqual({
    code: 'driver_broken',
    reason: 'the native driver does not work: there is no rpmbuild; install rpm',
  });
  expect(driver.probes).toBe(3);
  expect(check.whyNot('x86_64')).toMatchObject({ hard: false });
});

test('it is tried again after a while beside the work, and works again when it says so', async () => {
  const driver = new TestDriver('/nonexistent');
  const check = new DriverCheck(driver, [], await driver.probe(), { wellMs: 20, brokenMs: 10 });
  driver.usable = false;
  const until = async (code: string | undefined) => {
    while ((await check.look())?.code !== code) await new Promise((next) => setTimeout(next, 2));
  };
  await until('driver_broken');
  driver.usable = true;
  await until(undefined);
  expect(driver.probes).toBeGreaterThan(2);
});

test('an architecture that does not run any more is refused for good', async () => {
  const { driver, check } = await make();
  expect(await check.askWhyNot('aarch64')).toBeUndefined();
  driver.arches = { x86_64: 'itself', aarch64: 'not' };
  expect(check.whyNot('aarch64')).toBeUndefined();
  expect(await check.askWhyNot('aarch64')).toEqual({
    hard: true,
    reason: 'does not run programs of aarch64',
  });
  expect(check.whyNot('x86_64')).toBeUndefined();
  expect(await check.look()).toBeNull();
});
