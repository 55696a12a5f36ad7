import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { cpuLevel } from './cpu-level.ts';
import { machineFacts } from './machine.ts';

test('what a machine is, is said in MiB; what nobody can find out is 0', async () => {
  const facts = await machineFacts(tmpdir(), { cores: 3, memory: 5 * 2 ** 30 + 1 });
  expect(facts).toMatchObject({ cores: 3, memoryMb: 5120, cpuLevel: await cpuLevel() });
  expect(facts.diskMb).toBeGreaterThan(0);
  expect(Number.isInteger(facts.diskMb)).toBe(true);
  expect((await machineFacts('/nonexistent', { cores: 1, memory: 0 })).diskMb).toBe(0);
});
