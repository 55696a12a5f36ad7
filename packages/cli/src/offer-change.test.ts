import { expect, test } from 'vitest';
import { changesOf } from './offer-change.ts';
import { aWorker } from './testing/fake-hub.ts';

const { offer } = aWorker('one');
const machine = { cores: 4, memoryMb: 8192, diskMb: 20_480, cpuLevel: 3 };
const said = (more: Partial<typeof offer>) =>
  changesOf(offer, { ...offer, ...more }).map(({ what, from, to }) => `${what}: ${from} → ${to}`);

test('what is the same is not named', () => {
  expect(said({})).toEqual([]);
  expect(said({ host: { roots: 'overlay', cores: 4, problems: [] } })).toEqual([]);
});

test('each thing that changed is named with both values', () => {
  expect(said({ arches: ['x86_64', 'aarch64'], slots: 3 })).toEqual([
    'arches: x86_64 → x86_64 aarch64',
    'slots: 2 → 3',
  ]);
  expect(said({ kinds: [], version: '1.1', driver: 'mock' })).toEqual([
    'version: 1.0 → 1.1',
    'kinds: srpm build → none',
    'driver: native → mock',
  ]);
  expect(said({ machine: { ...machine, memoryMb: 16_384, cpuLevel: 0 } })).toEqual([
    'memory: 8.0 GiB → 16 GiB',
    'processor: x86-64-v3 → unknown',
  ]);
  expect(said({ host: { roots: 'copy', arches: { x86_64: 'itself', aarch64: 'emulated' } } })).toEqual([
    'roots: overlay → copy',
    'emulated: none → aarch64',
  ]);
});

test('room on the disk is named where a tenth of it came or went', () => {
  expect(said({ machine: { ...machine, diskMb: 19_000 } })).toEqual([]);
  expect(said({ machine: { ...machine, diskMb: 40_960 } })).toEqual(['disk: 20 GiB → 40 GiB']);
  expect(said({ machine: { ...machine, diskMb: 10_240 } })).toEqual(['disk: 20 GiB → 10 GiB']);
});
