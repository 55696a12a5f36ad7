import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { machineOf, tinyProgram, tinyStatus } from './tiny-program.ts';

const dir = mkdtempSync(join(tmpdir(), 'moromi-tiny-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const kinds: [arch: string, said: string][] = [
  ['x86_64', 'ELF 64-bit LSB executable, x86-64'],
  ['i686', 'ELF 32-bit LSB executable, Intel'],
  ['aarch64', 'ELF 64-bit LSB executable, ARM aarch64'],
  ['armv7hl', 'ELF 32-bit LSB executable, ARM, EABI5'],
  ['ppc64le', 'ELF 64-bit LSB executable, 64-bit PowerPC'],
  ['s390x', 'ELF 64-bit MSB executable, IBM S/390'],
  ['riscv64', 'ELF 64-bit LSB executable, UCB RISC-V'],
];

test.each(kinds)('the program for %s is a static executable of that machine', (arch, said) => {
  const machine = machineOf(arch);
  if (machine === undefined) throw new Error(`${arch} is not known`);
  const program = tinyProgram(machine);
  expect(program.length).toBeLessThan(150);
  const path = join(dir, arch);
  writeFileSync(path, program);
  const told = spawnSync('file', ['--brief', '--', path], { encoding: 'utf8' }).stdout;
  expect(told).toContain(said);
  expect(told).toContain('statically linked');
});

test('the program for the machine that this is ends with its own status', () => {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string];
  if (machine !== 'x86_64' && machine !== 'aarch64') return;
  const path = join(dir, 'own');
  writeFileSync(path, tinyProgram(machine), { mode: 0o755 });
  expect(spawnSync(path).status).toBe(tinyStatus);
});

test('what is called differently and runs on the same machine is told apart from what is unknown', () => {
  expect(machineOf('x86_64_v3')).toBe('x86_64');
  expect(['i386', 'i586', 'i686'].map(machineOf)).toEqual(['i386', 'i386', 'i386']);
  for (const arch of ['noarch', 'src', 'x86_64_v', 'toString', '']) expect(machineOf(arch)).toBeUndefined();
});
