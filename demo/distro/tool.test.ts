import { expect, test } from 'vitest';
import { runTool } from './tool.ts';

test('what a program writes is its result', async () => {
  expect(await runTool('printf', ['%s', 'a b'])).toBe('a b');
});

test('a failure tells the program, its status and its last words', async () => {
  const failure = runTool('sh', ['-c', 'echo the reason >&2; exit 3']);
  await expect(failure).rejects.toThrow('sh: exit status 3\nthe reason');
});

test('a program that is not there is named', async () => {
  await expect(runTool('no-such-program', [])).rejects.toThrow('no-such-program');
});

test('a program that takes too long is killed', async () => {
  await expect(runTool('sleep', ['60'], { timeLimit: 50 })).rejects.toThrow(
    'sleep: did not end within 0.05 s',
  );
});

test('a program that says too much is killed', async () => {
  await expect(runTool('yes', [], { outputLimit: 1000 })).rejects.toThrow('yes: wrote more than 1000 bytes');
});

test('a program reads what another writes', async () => {
  expect(await runTool('tr', ['a-z', 'A-Z'], { from: ['printf', '%s', 'piped'] })).toBe('PIPED');
});

test('a failure of the program that is read from is a failure', async () => {
  await expect(runTool('cat', [], { from: ['sh', '-c', 'echo half; exit 2'] })).rejects.toThrow(
    'sh: exit status 2',
  );
});

test('a reader that fails is told of although its source was cut off', async () => {
  await expect(runTool('false', [], { from: ['yes'] })).rejects.toThrow('false: exit status 1');
});
