/**
 * What failed, from the report of a run of tests (the JSON reporter, which follows Jest's form: `testResults`, each with
 * `name`, `status`, `message` and `assertionResults`).
 *
 * Invariant: every failed test, and every file that failed before its tests, is named once.
 */
import { relative } from 'node:path';

interface Result {
  name: string;
  status: string;
  message?: string;
  assertionResults: { status: string; fullName: string; failureMessages?: string[] | null }[];
}

/** Of each message; what the processes of a test have said is long. */
const mostLines = 30;

/** @returns one text for each: its file, its name, the beginning of what it said */
export function failuresOf(report: string, root: string): string[] {
  const { testResults } = JSON.parse(report) as { testResults: Result[] };
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const tests = assertionResults.filter((one) => one.status === 'failed');
    if (tests.length === 0 && status === 'failed') return [`FAILED ${file}\n${beginning(message ?? '')}`];
    return tests.map(
      (one) => `FAILED ${file}: ${one.fullName}\n${beginning((one.failureMessages ?? []).join('\n'))}`,
    );
  });
}

function beginning(text: string): string {
  const lines = text.split('\n');
  return lines.length <= mostLines ? text : [...lines.slice(0, mostLines), '…'].join('\n');
}
