/** Roots that come out with the packages that an order names: nothing is built in them. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Driver, SameRoot } from '../../packages/buildroot/src/index.ts';
import { build, type Machine, nativeForAll, never } from './machine.ts';

let machine: Machine;
let driver: Driver;
nativeForAll((made, native) => {
  machine = made;
  driver = native;
});

async function hashOfRoot(name: string): Promise<string> {
  const root = await driver.open(machine.order());
  try {
    const { installed } = await root.buildBinary(machine.sample(name), never);
    const lines = installed.map(({ nevra, sha256 }) => `${nevra} ${sha256}\n`).toSorted();
    return createHash('sha256').update(lines.join('')).digest('hex');
  } finally {
    await root.destroy();
  }
}

test.each(['notes', 'dyn-two'])('what would be built in the same root is not: %s', async (name) => {
  const unless = await hashOfRoot(name);
  const macros = { ...machine.order().macros, dist: '.el9.2' };
  const order = machine.order({ unless, macros });
  await expect(build(driver, order, 'buildBinary', machine.sample(name))).rejects.toThrow(SameRoot);
  // Only what tells of its generated BuildRequires was run.
  expect(machine.log(order, 'build.log')).not.toContain('Executing(%install)');
  const other = machine.order({ unless: 'f'.repeat(64), macros });
  const { names } = await build(driver, other, 'buildBinary', machine.sample(name));
  expect(names.some((file) => file.includes('-1.el9.2.'))).toBe(true);
});
