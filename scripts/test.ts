/**
 * `npm test` after set-up: the checks, the unit tests, the tests with real processes.
 *
 * Invariant: everything runs even when a part fails, and the last line says how much passed and failed.
 */
import { spawnSync } from 'node:child_process';

const parts: [name: string, command: string, args: string[]][] = [
  ['check', process.execPath, ['scripts/check.ts']],
  ['unit tests', 'vitest', ['run', '--project', 'unit']],
  ['stories', 'vitest', ['run', '--project', 'story']],
  ['system tests', 'vitest', ['run', '--project', 'system']],
];

const failed: string[] = [];
for (const [name, command, args] of parts) {
  const started = performance.now();
  console.log(`\n== ${name}`);
  const done = spawnSync(command, args, { stdio: 'inherit' });
  if (done.status !== 0) failed.push(name);
  console.log(
    `== ${name}: ${done.status === 0 ? 'passed' : 'FAILED'} in ${Math.round((performance.now() - started) / 1000)} s`,
  );
}
console.log(failed.length === 0 ? '\nAll parts passed.' : `\nFailed: ${failed.join(', ')}.`);
console.log(`${parts.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
