import type { Failure, Unfit } from '@moromi/contract';
import { expect, test } from 'vitest';
import type { Check } from './checks/check.ts';
import { Fitness } from './fitness.ts';
import { Journal } from './journal.ts';
import { until } from './testing/scene.ts';

const never = new AbortController().signal;

class Saying implements Check {
  unfit: Unfit | null = null;
  looks = 0;
  readonly failures: Failure[] = [];
  broken = false;

  look(): Unfit | null {
    this.looks++;
    if (this.broken) throw new Error('cannot look');
    return this.unfit;
  }

  failed(failure: Failure): void {
    this.failures.push(failure);
    this.unfit = { code: 'disk_low', reason: 'full' };
  }
}

function made() {
  const said: string[] = [];
  const told: (Unfit | null)[] = [];
  const [first, second] = [new Saying(), new Saying()];
  const journal = new Journal('debug', (line) => void said.push(line));
  const fitness = new Fitness([first, second], journal, (unfit) => void told.push(unfit));
  return { first, second, fitness, said, told };
}

test('a fit machine may begin at once, and nobody is told anything', async () => {
  const { fitness, said, told } = made();
  expect((await fitness.fit(never)).aborted).toBe(false);
  expect([said, told]).toEqual([[], []]);
});

test('an unfit one waits, withdraws what waits, says why, and goes on by itself', async () => {
  const { first, second, fitness, said, told } = made();
  const over = new AbortController();
  const watching = fitness.watch(over.signal);
  const fit = await fitness.fit(never);
  second.unfit = { code: 'memory_low', reason: 'too little' };
  await until(() => fit.aborted);
  expect(told).toEqual([{ code: 'memory_low', reason: 'too little' }]);
  // Of two reasons the first is named.
  first.unfit = { code: 'stop_file', reason: 'the file' };
  await until(() => told.length === 2);
  const next = fitness.fit(never);
  first.unfit = null;
  await until(() => told.length === 3);
  second.unfit = null;
  expect((await next).aborted).toBe(false);
  expect(told.map((one) => one?.code)).toEqual(['memory_low', 'stop_file', 'memory_low', undefined]);
  expect(said.map((line) => line.slice(25).trim())).toEqual([
    'warning: nothing is claimed: too little',
    'warning: nothing is claimed: the file',
    'warning: nothing is claimed: too little',
    'takes new work again',
  ]);
  over.abort();
  await watching;
});

test('a reason that only counts on is told on, and not said again', async () => {
  const { first, fitness, said, told } = made();
  const over = new AbortController();
  const watching = fitness.watch(over.signal);
  first.unfit = { code: 'disk_low', reason: '9 MiB' };
  await until(() => told.length === 1);
  first.unfit = { code: 'disk_low', reason: '8 MiB' };
  await until(() => told.length === 2);
  const looks = first.looks;
  await until(() => first.looks > looks + 1);
  expect(told.map((one) => one?.reason)).toEqual(['9 MiB', '8 MiB']);
  expect(said).toHaveLength(1);
  over.abort();
  await watching;
});

test('a failure is looked at at once', async () => {
  const { first, fitness, told } = made();
  const fit = await fitness.fit(never);
  fitness.failed({ code: 'disk_full', message: '', fault: 'infrastructure' });
  await until(() => fit.aborted);
  expect(first.failures).toHaveLength(1);
  expect(told).toEqual([{ code: 'disk_low', reason: 'full' }]);
});

test('a check that cannot look rules nothing out, and one who waits can leave', async () => {
  const { first, second, fitness } = made();
  first.broken = true;
  await fitness.fit(never);
  second.unfit = { code: 'memory_low', reason: 'too little' };
  const leave = new AbortController();
  const waiting = fitness.fit(leave.signal);
  leave.abort(new Error('leaving'));
  await expect(waiting).rejects.toThrow('leaving');
});
