import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMockDriver, createNativeDriver } from '@moromi/buildroot';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { WorkerConfig } from './config.ts';
import { cpuLevel } from './cpu-level.ts';
import { makeOffer, slotsFor, thisMachine } from './offer.ts';
import { TestDriver } from './testing/driver.ts';

const gib = 2 ** 30;
const config: WorkerConfig = {
  home: '/nonexistent',
  hub: 'http://127.0.0.1:1',
  name: 'one',
  kinds: ['srpm', 'build', 'plan'],
  driver: 'native',
  logLevel: 'info',
};

const home = mkdtempSync(join(tmpdir(), 'moromi-offer-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('slots are four, fewer where cores or memory say so, and never none', () => {
  expect(slotsFor({ cores: 64, memory: 256 * gib })).toBe(4);
  expect(slotsFor({ cores: 2, memory: 256 * gib })).toBe(2);
  expect(slotsFor({ cores: 8, memory: 7.9 * gib })).toBe(3);
  expect(slotsFor({ cores: 8, memory: 0.5 * gib })).toBe(1);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 1, max: 2 ** 42 }), (cores, memory) => {
      const slots = slotsFor({ cores, memory });
      expect(slots).toBeGreaterThanOrEqual(1);
      expect(slots).toBeLessThanOrEqual(Math.min(4, cores));
      if (slots > 1) expect(slots * 2 * gib).toBeLessThanOrEqual(memory);
    }),
  );
});

test('without a usable driver no builds are offered, and the reason goes with the offer', async () => {
  const driver = new TestDriver('/nonexistent');
  driver.usable = false;
  const { offer } = await makeOffer(config, driver);
  expect(offer.kinds).toEqual(['plan']);
  expect(offer.host['problems']).toEqual(['there is no rpmbuild; install rpm']);
});

test('what the configuration says of slots and architectures holds', async () => {
  const driver = new TestDriver('/nonexistent');
  const { offer } = await makeOffer({ ...config, slots: 9, arches: ['aarch64'] }, driver);
  expect(offer).toMatchObject({
    slots: 9,
    arches: ['aarch64'],
    kinds: ['srpm', 'build', 'plan'],
    driver: 'native',
  });
  const { offer: found } = await makeOffer(config, driver);
  expect(found.slots).toBe(slotsFor(thisMachine()));
});

test('x86_64_v2 is offered where it is named and the processor is of that level, else with a sentence', async () => {
  const level = await cpuLevel();
  const { offer: usual } = await makeOffer(config, new TestDriver('/nonexistent'));
  expect(usual.arches.filter((arch) => arch.startsWith('x86_64_'))).toEqual([]);
  const named = { ...config, arches: ['x86_64', 'x86_64_v2', 'x86_64_v9'] };
  const { offer, probe } = await makeOffer(named, new TestDriver('/nonexistent'));
  expect(offer.arches).toEqual(level >= 2 ? ['x86_64', 'x86_64_v2'] : ['x86_64']);
  expect(probe?.warnings.filter((one) => one.includes('x86_64_v9'))).toHaveLength(1);
  const alone = await makeOffer({ ...config, arches: ['x86_64_v9'] }, new TestDriver('/nonexistent'));
  expect(alone.offer).toMatchObject({ arches: [], kinds: ['plan'] });
});

test('an architecture that the machine does not run is not offered, with one sentence of what to do', async () => {
  // An architecture that nobody has an emulator for.
  const arches = [process.arch === 'arm64' ? 'aarch64' : 'x86_64', 'nosuch64'];
  for (const make of [createNativeDriver, createMockDriver]) {
    const { offer, probe } = await makeOffer({ ...config, arches }, make({ home }));
    expect(offer.arches).toEqual([arches[0]]);
    const told = probe?.warnings.filter((warning) => warning.includes('nosuch64')) ?? [];
    expect(told).toEqual([expect.stringMatching(/^Nothing is built for nosuch64 here[^.]*; see [^.]*\.$/)]);
    expect(offer.host['warnings']).toEqual(expect.arrayContaining(told));
  }
});

test('a worker that names only what the machine does not run offers no builds', async () => {
  const { offer, probe } = await makeOffer({ ...config, arches: ['nosuch64'] }, createNativeDriver({ home }));
  expect(offer).toMatchObject({ arches: [], kinds: ['plan'] });
  expect(probe).toMatchObject({ usable: false });
  expect(probe?.problems.join()).toContain('nosuch64');
});

test('nothing that is emulated is offered unless it is named', async () => {
  const { offer } = await makeOffer({ ...config }, createNativeDriver({ home }));
  const found = Object.entries((offer.host['arches'] ?? {}) as Record<string, string>);
  const emulated = found.filter(([, runs]) => runs === 'emulated').map(([arch]) => arch);
  expect(offer.arches.filter((arch) => emulated.includes(arch))).toEqual([]);
  const named = await makeOffer({ ...config, arches: ['x86_64', ...emulated] }, createNativeDriver({ home }));
  expect(named.offer.arches).toEqual(expect.arrayContaining(emulated));
});
