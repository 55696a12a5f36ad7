/**
 * `npm run check`: types, lint and format, arrows, dead code, and the rules of the ledger that no tool knows.
 *
 * Invariant: it changes nothing, runs every check even when one fails, and ends with 1 if any did.
 */
import { spawnSync } from 'node:child_process';
import { ledgerRules } from './ledger-rules.ts';

interface Check {
  name: string;
  run: () => boolean;
}

const tool = (name: string, command: string, args: string[]): Check => ({
  name,
  run: () => spawnSync(command, args, { stdio: 'inherit' }).status === 0,
});

const checks: Check[] = [
  tool('types', 'tsc', ['--noEmit']),
  tool('lint and format', 'biome', ['check', '--error-on-warnings', '.']),
  tool('arrows', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'packages']),
  tool('dead code', 'knip', []),
  { name: 'rules of the ledger', run: ledgerRules },
];

const only = process.argv.slice(2);
let failed = 0;
for (const check of checks) {
  if (only.length > 0 && !only.some((word) => check.name.includes(word))) continue;
  const started = performance.now();
  const good = check.run();
  if (!good) failed++;
  console.log(
    `${good ? 'ok    ' : 'FAILED'} ${check.name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
