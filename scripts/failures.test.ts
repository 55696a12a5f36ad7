import { expect, test } from 'vitest';
import { failuresOf } from './failures.ts';

const report = (testResults: unknown[]) => JSON.stringify({ testResults });

test('each failed test is told with its file and the beginning of its message', () => {
  const assertionResults = [
    { status: 'passed', fullName: 'a good one', failureMessages: [] },
    { status: 'failed', fullName: 'a bad one', failureMessages: [Array(100).fill('line').join('\n')] },
    { status: 'failed', fullName: 'one without a word', failureMessages: null },
  ];
  const [first, second, ...more] = failuresOf(
    report([{ name: '/root/tests/one.test.ts', status: 'failed', message: '', assertionResults }]),
    '/root',
  );
  expect(first).toMatch(/^FAILED tests\/one\.test\.ts: a bad one\n(line\n){30}…$/);
  expect(second).toBe('FAILED tests/one.test.ts: one without a word\n');
  expect(more).toEqual([]);
});

test('a file that fails before its tests is told too, and one that passed is not', () => {
  expect(
    failuresOf(
      report([
        { name: '/root/a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
        { name: '/root/b.test.ts', status: 'passed', message: '', assertionResults: [] },
      ]),
      '/root',
    ),
  ).toEqual(['FAILED a.test.ts\nno such module']);
});
