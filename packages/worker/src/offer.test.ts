import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WorkerConfig } from './config.ts';
import { makeOffer, slotsFor, thisMachine } from './offer.ts';
import { TestDriver } from './testing/driver.ts';

const gib = 2 ** 30;
const config: WorkerConfig = {
  home: '/nonexistent',
  hub: 'http://127.0.0.1:1',
  name: 'one',
  kinds: ['srpm', 'build', 'publish'],
  driver: 'native',
  logLevel: 'info',
};

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
  expect(offer.kinds).toEqual(['publish']);
  expect(offer.host['problems']).toEqual(['there is no rpmbuild; install rpm']);
});

test('what the configuration says of slots and architectures holds', async () => {
  const driver = new TestDriver('/nonexistent');
  const { offer } = await makeOffer({ ...config, slots: 9, arches: ['aarch64'] }, driver);
  expect(offer).toMatchObject({
    slots: 9,
    arches: ['aarch64'],
    kinds: ['srpm', 'build', 'publish'],
    driver: 'native',
  });
  const { offer: found } = await makeOffer(config, driver);
  expect(found.slots).toBe(slotsFor(thisMachine()));
});
