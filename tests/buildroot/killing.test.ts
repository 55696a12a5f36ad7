import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNativeDriver, type Driver } from '../../packages/buildroot/src/index.ts';
import { build, type Machine, makeMachine, processesWith, until } from './machine.ts';

const isolations = ['namespaces', 'chroot'] as const;
const builder = fileURLToPath(import.meta.resolve('./builder.ts'));
let machine: Machine;
let number = 0;

beforeAll(() => {
  machine = makeMachine(['slow', 'notes']);
});
afterAll(() => machine.remove());

/** A number of seconds that no other process sleeps for. */
function newMarker(): string {
  number += 1;
  return `86400.${process.pid}${number}`;
}

describe.each(isolations)('with isolation by %s', (isolation) => {
  let driver: Driver;

  beforeAll(async () => {
    driver = createNativeDriver({ home: machine.home, isolation });
    await build(driver, machine.order(), 'buildBinary', machine.sample('notes'));
  });

  test('canceling ends every process of the build at once', async () => {
    const marker = newMarker();
    const order = machine.order({ macros: { dist: '.el9', marker } });
    const abort = new AbortController();
    const step = build(driver, order, 'buildBinary', machine.sample('slow'), abort.signal);
    step.catch(() => {});
    // One sleeps in the script, one in a session of its own.
    await until(() => processesWith(marker).length === 2, 20_000, 'the build runs');
    const started = performance.now();
    abort.abort();
    await expect(step).rejects.toMatchObject({ code: 'canceled', fault: 'canceled' });
    expect(processesWith(marker)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('SIGKILL of the process that builds ends the build at once, and the next one cleans up', async () => {
    const marker = newMarker();
    const order = machine.order({ macros: { dist: '.el9', marker } });
    const plan = JSON.stringify({ home: machine.home, isolation, order, srpm: machine.sample('slow') });
    const child: ChildProcess = spawn(process.execPath, [builder, plan], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until(() => processesWith(marker).length === 2, 20_000, 'the build runs');
    const started = performance.now();
    child.kill('SIGKILL');
    await until(() => processesWith(marker).length === 0, 5000, 'the build is gone');
    expect(performance.now() - started).toBeLessThan(3000);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(machine.home);
    const left = readdirSync(join(machine.home, 'work'));
    expect(left).toHaveLength(1);
    const next = createNativeDriver({ home: machine.home, isolation });
    await build(next, machine.order(), 'buildBinary', machine.sample('notes'));
    expect(existsSync(join(machine.home, 'work', left[0] ?? ''))).toBe(false);
  });

  test('a build that takes too long leaves no process behind', async () => {
    const marker = newMarker();
    const order = machine.order({ timeoutSeconds: 1, macros: { dist: '.el9', marker } });
    const step = build(driver, order, 'buildBinary', machine.sample('slow'));
    await expect(step).rejects.toMatchObject({ code: 'build_timeout' });
    expect(processesWith(marker)).toEqual([]);
  });
});

test('canceling while the root is being made leaves no half of it', async () => {
  const home = join(machine.dir, 'other-home');
  const driver = createNativeDriver({ home });
  const abort = new AbortController();
  const order = machine.order();
  const step = build(driver, order, 'buildSource', machine.sample('notes'), abort.signal);
  step.catch(() => {});
  const started = (): boolean => {
    const path = join(order.logDir, 'root.log');
    return existsSync(path) && readFileSync(path, 'utf8').includes('root: installing');
  };
  await until(started, 30_000, 'the root is being made');
  abort.abort();
  await expect(step).rejects.toMatchObject({ code: 'canceled' });
  expect(readdirSync(join(home, 'aside'))).toEqual([]);
  expect(existsSync(join(home, 'layers')) ? readdirSync(join(home, 'layers')) : []).toEqual([]);
});
