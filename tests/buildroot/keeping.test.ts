/** What stays and what goes: layers, kept roots, memory, disk. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuildOrder,
  createNativeDriver,
  enterKept,
  sweepKept,
} from '../../packages/buildroot/src/index.ts';
import { build, type Machine, makeMachine, never, smallGroups } from './machine.ts';

let machine: Machine;

beforeAll(() => {
  machine = makeMachine(['notes', 'bad-build', 'hungry', 'fills-disk']);
});
afterAll(() => machine.remove());

/** A root with one package more than the group, so with a layer of its own over the group's. */
function withExtra(name: string): BuildOrder {
  return machine.order({ groups: { srpmBuild: ['@buildsys-build'], build: ['@buildsys-build', name] } });
}

const layersOf = (home: string): string[] => readdirSync(join(home, 'layers')).sort();

describe('a kept root', () => {
  test('can be entered again and again, holds its layers, and goes when its time is over', async () => {
    const driver = createNativeDriver({ home: machine.home });
    const root = await driver.open(machine.order());
    const step = root.buildBinary(machine.sample('bad-build'), never);
    await expect(step).rejects.toMatchObject({ code: 'build_failed' });
    const { dir } = await root.keep(new Date(Date.now() + 60_000));
    await root.destroy();
    expect(JSON.parse(readFileSync(join(dir, 'kept.json'), 'utf8'))).toMatchObject({
      driver: 'native',
      arch: 'x86_64',
    });

    const first = [
      'sh',
      '-c',
      'cd build/SPECS && test -f bad-build.spec && echo here >/var/tmp/mark && exit 3',
    ];
    expect(await enterKept(dir, { command: first })).toBe(3);
    expect(await enterKept(dir, { command: ['grep', '-q', 'here', '/var/tmp/mark'] })).toBe(0);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(machine.home);

    // A driver without room for any layer does not take this one from below the root.
    const tight = createNativeDriver({ home: machine.home, layerBudget: 0 });
    await build(tight, withExtra('bison'), 'buildBinary', machine.sample('notes'));
    expect(await enterKept(dir, { command: ['test', '-x', '/usr/bin/rpmbuild'] })).toBe(0);

    expect(await sweepKept(machine.home)).toBe(0);
    expect(await sweepKept(machine.home, new Date(Date.now() + 120_000))).toBe(1);
    expect(existsSync(dir)).toBe(false);
  });
});

describe('layers', () => {
  test('are removed when they are over the budget, the longest unused first, and made again when needed', async () => {
    const driver = createNativeDriver({ home: machine.home, layerBudget: 0 });
    await build(driver, machine.order(), 'buildBinary', machine.sample('notes'));
    await build(driver, withExtra('flex'), 'buildBinary', machine.sample('notes'));
    const before = layersOf(machine.home);
    await build(driver, withExtra('m4'), 'buildBinary', machine.sample('notes'));
    const after = layersOf(machine.home);
    // The group's layer, on which all stand, was in use all the time; the first addition to it was nobody's any more.
    expect(after.filter((key) => before.includes(key))).toHaveLength(1);
    const { installed } = await build(driver, withExtra('flex'), 'buildBinary', machine.sample('notes'));
    expect(installed.some((nevra) => nevra.startsWith('flex-'))).toBe(true);
    expect(readdirSync(join(machine.home, 'aside'))).toEqual([]);
  });

  test('cut off while they were made are swept away by the next driver', async () => {
    const dead = join(machine.home, 'aside', '4194304.1.1');
    const alive = join(machine.home, 'aside', 'not-ours');
    for (const dir of [dead, alive]) mkdirSync(join(dir, 'root'), { recursive: true });
    writeFileSync(join(dead, 'root', 'half'), '');
    const driver = createNativeDriver({ home: machine.home });
    await build(driver, machine.order(), 'buildSource', machine.sample('notes'));
    expect(existsSync(dead)).toBe(false);
    expect(existsSync(alive)).toBe(true);
  });

  test("are made by the target's own rpm where this machine's would not do", async () => {
    const home = join(machine.dir, 'bootstrapped');
    const driver = createNativeDriver({ home, alwaysBootstrap: true });
    const order = machine.order({ groups: smallGroups });
    const { names } = await build(driver, order, 'buildBinary', machine.sample('notes'));
    expect(names).toContain('notes-1.0-1.el9.noarch.rpm');
    expect(machine.log(order, 'root.log')).toContain('root: made anew by its own rpm');
  });
});

describe('limits', () => {
  test('a build over its memory is out_of_memory', async ({ skip }) => {
    const driver = createNativeDriver({ home: machine.home });
    const { cgroups } = await driver.probe();
    if (cgroups === 'none') skip('this machine has no memory cgroup for us');
    const order = machine.order({ memoryMib: 100 });
    const step = build(driver, order, 'buildBinary', machine.sample('hungry'));
    await expect(step).rejects.toMatchObject({ code: 'out_of_memory', fault: 'infrastructure' });
    await build(driver, machine.order({ memoryMib: 1000 }), 'buildBinary', machine.sample('notes'));
  });

  test('a build that fills the disk is disk_full, and gives the space back', async () => {
    const home = join(machine.dir, 'small-disk');
    mkdirSync(home);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'moromi-test', home]);
    try {
      const driver = createNativeDriver({ home });
      const small = (): BuildOrder => machine.order({ groups: smallGroups });
      const step = build(driver, small(), 'buildBinary', machine.sample('fills-disk'));
      await expect(step).rejects.toMatchObject({ code: 'disk_full', fault: 'infrastructure' });
      const { names } = await build(driver, small(), 'buildBinary', machine.sample('notes'));
      expect(names).toHaveLength(2);
    } finally {
      execFileSync('umount', [home]);
    }
  });

  test('a disk too small for the root is disk_full too', async () => {
    const home = join(machine.dir, 'tiny-disk');
    mkdirSync(home);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'moromi-test', home]);
    try {
      const driver = createNativeDriver({ home });
      const step = build(driver, machine.order(), 'buildSource', machine.sample('notes'));
      await expect(step).rejects.toMatchObject({ code: 'disk_full' });
    } finally {
      execFileSync('umount', [home]);
    }
  });
});
