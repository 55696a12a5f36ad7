import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ProcessTree } from './process-tree.ts';

const mib = 2 ** 20;
/** Holds 200 MiB and says who it is. */
const holder = `global.held = Buffer.alloc(${200 * mib}, 1); console.log(process.pid); setInterval(() => {}, 1e6);`;
/** Starts the holder and ends before it, when it hears anything. */
const starter = `
  const stdio = ['ignore', 'inherit', 'inherit'];
  require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holder)}], { stdio });
  process.stdin.once('data', () => process.exit());`;

test('what a process has started counts, also when its parent is gone if it was seen before', async () => {
  const child = spawn(process.execPath, ['-e', starter], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = child.pid ?? 0;
  const [said] = await once(child.stdout, 'data');
  try {
    const tree = new ProcessTree(first);
    const both = await tree.anonymous();
    expect(both).toBeGreaterThan(200 * mib);
    expect(both).toBeLessThan(350 * mib);
    child.stdin.write('go');
    await once(child, 'exit');
    const alone = await tree.anonymous();
    expect(alone).toBeGreaterThan(200 * mib);
    expect(alone).toBeLessThan(both);
    expect(await new ProcessTree(first).anonymous()).toBe(0);
  } finally {
    process.kill(Number(said));
  }
});
