/**
 * `npm test` after set-up: the checks, the unit tests, the tests with real processes.
 *
 * Invariant: everything runs even when a part fails. What failed is told again at the end, since that is what is left of
 * a long log, and the last line says how much passed and failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failuresOf } from './failures.ts';

const folder = mkdtempSync(join(tmpdir(), 'moromi-test-'));
const report = (project: string) => join(folder, `${project}.json`);
const vitest = (project: string) => [
  ...['run', '--project', project],
  ...['--reporter=default', '--reporter=json', `--outputFile.json=${report(project)}`],
];
const parts: [name: string, command: string, args: string[], report?: string][] = [
  ['check', process.execPath, ['scripts/check.ts']],
  ['unit tests', 'vitest', vitest('unit'), report('unit')],
  ['stories', 'vitest', vitest('story'), report('story')],
  ['system tests', 'vitest', vitest('system'), report('system')],
];

const failed: string[] = [];
const failures: string[] = [];
for (const [name, command, args, written] of parts) {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const done = spawnSync(command, args, { stdio: 'inherit' });
  if (done.status !== 0) {
    failed.push(name);
    if (written !== undefined) failures.push(...told(written));
  }
  console.log(
    `== ${name}: ${done.status === 0 ? 'passed' : 'FAILED'} in ${Math.round((performance.now() - started) / 1000)} s`,
  );
}
rmSync(folder, { recursive: true, force: true });
for (const failure of failures) console.log(`\n${failure}`);
console.log(failed.length === 0 ? '\nAll parts passed.' : `\nFailed: ${failed.join(', ')}.`);
console.log(`${parts.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Nothing where the part ended before it wrote its report. */
function told(file: string): string[] {
  try {
    return failuresOf(readFileSync(file, 'utf8'), process.cwd());
  } catch {
    return [];
  }
}
