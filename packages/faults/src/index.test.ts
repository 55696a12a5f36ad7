import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-faults-'));
});
afterAll(() => rm(folder, { recursive: true }));

const program = `
import { between, point } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
for (let n = 0; n < 3; n++) {
  const value = await between('step', async () => { console.log('step', n); return n; });
  if (value !== n) throw new Error('lost');
  point('end');
}
console.log('over');
`;

async function run(env: Record<string, string>): Promise<{ lines: string[]; signal: string | undefined }> {
  return await new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: 30_000 };
    execFile(process.execPath, ['--input-type=module', '-e', program], options, (error, stdout) => {
      resolve({ lines: stdout.trim().split('\n'), signal: error?.signal ?? undefined });
    });
  });
}

test('points do nothing where nobody asks', async () => {
  expect(await run({})).toEqual({ lines: ['step 0', 'step 1', 'step 2', 'over'], signal: undefined });
});

test('points write their names down at every pass, in order', async () => {
  const file = join(folder, 'points');
  await run({ MOROMI_FAULT_RECORD: file });
  expect(await readFile(file, 'utf8')).toBe('step:before\nstep:after\nend\n'.repeat(3));
});

test('a point ends the process at the pass that was asked for', async () => {
  expect(await run({ MOROMI_FAULT_KILL: 'step:before' })).toEqual({ lines: [''], signal: 'SIGKILL' });
  expect(await run({ MOROMI_FAULT_KILL: 'end#2' })).toEqual({
    lines: ['step 0', 'step 1'],
    signal: 'SIGKILL',
  });
});

test('what was killed once runs through the next time', async () => {
  const env = { MOROMI_FAULT_KILL: 'end', MOROMI_FAULT_DONE: join(folder, 'done') };
  expect((await run(env)).signal).toBe('SIGKILL');
  expect(await readFile(join(folder, 'done'), 'utf8')).toBe('end');
  expect((await run(env)).lines.at(-1)).toBe('over');
});
