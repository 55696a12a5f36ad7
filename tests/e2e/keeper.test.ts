/** The harness itself: what a killed test has started does not outlive it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processesOf } from '../harness/sweep.ts';

test('kill -9 of a test process ends what it has started and removes its folder', async () => {
  const folder = mkdtempSync('/var/tmp/moromi-keeper-');
  const script = `
    const { keep } = await import(${JSON.stringify(join(import.meta.dirname, '../harness/keeper.ts'))});
    const { spawn } = await import('node:child_process');
    keep(${JSON.stringify(folder)});
    spawn('sleep', ['1000'], { cwd: ${JSON.stringify(folder)}, detached: true, stdio: 'ignore' });
    console.log('started');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  expect(processesOf(folder).length).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const end = performance.now() + 15_000;
  while (existsSync(folder) || processesOf(folder).length > 0) {
    if (performance.now() > end)
      throw new Error(`${folder} is still there: ${processesOf(folder).join(' ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
