import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAlive, ownerOfName, ownName, ownOwner } from './owner.ts';

const fieldsOf = (pid: number): string[] => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

test('a name tells its owner, which is alive as long as it is the same process', () => {
  const owner = ownerOfName(`7-1@${ownName()}`);
  expect(owner).toEqual(ownOwner());
  expect(isAlive(ownOwner())).toBe(true);
  expect(isAlive({ ...ownOwner(), start: '1' })).toBe(false);
});

test('a process that was killed is gone, also before its parent has looked', async () => {
  // The shell becomes a program that never looks after its children.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const pid = await new Promise<number>((done) => parent.stdout.once('data', (text) => done(Number(text))));
    const owner = { pid, start: fieldsOf(pid)[19] ?? '' };
    expect(isAlive(owner)).toBe(true);
    // As long as it is a shell it may look.
    while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n')
      await new Promise((done) => setTimeout(done, 5));
    process.kill(pid, 'SIGKILL');
    while (fieldsOf(pid)[0] !== 'Z') await new Promise((done) => setTimeout(done, 5));
    expect(isAlive(owner)).toBe(false);
  } finally {
    parent.kill('SIGKILL');
  }
});
