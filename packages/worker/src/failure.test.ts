import { open } from 'node:fs/promises';
import { BuildFailure, type BuildFailureCode, buildFailures } from '@moromi/buildroot';
import { Problem } from '@moromi/contract';
import { expect, test } from 'vitest';
import { failureOf, isLeaseLost, LeaseLost, Refused } from './failure.ts';

test("a driver's failure keeps its code, its fault and its excerpt", () => {
  for (const code of Object.keys(buildFailures) as BuildFailureCode[]) {
    const failure = failureOf(new BuildFailure(code, 'a sentence', 'lines'));
    expect(failure).toEqual({ code, message: 'a sentence', fault: buildFailures[code], excerpt: 'lines' });
  }
});

test("a full disk is the infrastructure's fault wherever it shows", async () => {
  const full = await open('/dev/full', 'w');
  const error: unknown = await full.writeFile('x').catch((thrown: unknown) => thrown);
  await full.close();
  expect(failureOf(error)).toMatchObject({ code: 'disk_full', fault: 'infrastructure' });
  expect(failureOf(new Error('wrapped', { cause: error })).code).toBe('disk_full');
});

test("what is not known is the worker's own fault, never the package's", () => {
  expect(failureOf(new TypeError('x is undefined'))).toMatchObject({
    code: 'worker_error',
    fault: 'infrastructure',
  });
  expect(failureOf('thrown text')).toMatchObject({ code: 'worker_error', fault: 'infrastructure' });
  expect(failureOf(new Problem('unknown_blob'))).toMatchObject({
    code: 'unknown_blob',
    fault: 'infrastructure',
  });
  expect(failureOf(new Refused('bad_result', 'a link'))).toMatchObject({
    code: 'bad_result',
    fault: 'infrastructure',
  });
});

test('messages fit the contract', () => {
  const failure = failureOf(new BuildFailure('build_failed', 'm'.repeat(9000), 'e'.repeat(9000)));
  expect(failure.message).toHaveLength(4000);
  expect(failure.excerpt).toHaveLength(4000);
});

test('lease_lost, an unknown task and our own word for it all mean the same', () => {
  expect(
    [new Problem('lease_lost'), new Problem('unknown_task'), new LeaseLost('x')].every(isLeaseLost),
  ).toBe(true);
  expect(isLeaseLost(new Problem('log_gap'))).toBe(false);
});
