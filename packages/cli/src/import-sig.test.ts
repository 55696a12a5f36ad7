import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportedSignature } from '@moromi/contract';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeHub } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

let hub: FakeHub;
let folder: string;
/** By file name: why the hub does not take it, and which key has made it as far as that is seen. */
let refused: Record<string, { code: string; key: string | null }>;
let finished: { build: string; body: unknown }[];

beforeEach(async () => {
  hub = await FakeHub.start();
  folder = await mkdtemp(join(tmpdir(), 'moromi-import-'));
  refused = {};
  finished = [];
  const brought = new Set<string>();
  hub.on('POST', /^\/signings\/import$/, (_request, _reply, body) => {
    const { items } = JSON.parse(body.toString()) as { items: { name: string }[] };
    return { items: items.map(({ name }) => outcome(name, brought)) };
  });
  const builds: Record<string, string> = { '7': 'alpha', '8': 'beta' };
  hub.on('GET', /^\/builds\/\d+\/signing$/, ({ url = '' }) => {
    const build = /\/builds\/(\d+)\//.exec(url)?.[1] ?? '';
    const name = `${builds[build]}-1-1.x86_64.rpm`;
    const items = [
      { name, key: 'online', state: 'waiting' },
      { name, key: 'offline', state: brought.has(name) ? 'signed' : 'waiting' },
      { name: `${builds[build]}-1-1.src.rpm`, key: 'offline', state: build === '7' ? 'signed' : 'waiting' },
    ];
    return { build: Number(build), nvr: `${builds[build]}-1-1`, state: 'needsign', items };
  });
  hub.on('POST', /^\/builds\/\d+\/signing\/finish$/, ({ url = '' }, _reply, body) => {
    const build = /\/builds\/(\d+)\//.exec(url)?.[1] ?? '';
    finished.push({ build, body: JSON.parse(body.toString()) });
    return { build: Number(build), nvr: null, state: 'needsign', items: [] };
  });
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0x8eade801);
  for (const name of Object.values(builds))
    await writeFile(join(folder, `${name}-1-1.x86_64.rpm.sig`), header);
  const list = { key: { name: 'offline', fingerprint: 'f'.repeat(40) }, tag: 'f1', builds: [7, 8] };
  await writeFile(join(folder, 'unsigned.json'), JSON.stringify(list));
  await writeFile(join(folder, 'PUSHED'), '');
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
});

function outcome(name: string, brought: Set<string>): ImportedSignature {
  const why = refused[name];
  if (why !== undefined) {
    const failure = { code: why.code, message: `${name}: ${why.code}`, fault: 'infrastructure' as const };
    return { name, outcome: 'refused', nevra: null, key: why.key, failure };
  }
  brought.add(name);
  return { name, outcome: 'imported', nevra: null, key: 'offline', failure: null };
}

const bring = (...more: string[]) => play(hub.address, ['import-sig', '--pushed', folder, ...more]);

describe('a folder that was pushed', () => {
  test('finishes what is open by its own key, and leaves builds of which only another key owes something', async () => {
    const { out, exit } = await bring();
    expect(exit).toBe(0);
    expect(finished).toMatchObject([{ build: '8', body: { key: 'offline' } }]);
    expect(out).toContain('build 8 is finished for offline');
    expect(out).not.toContain('build 7');
  });

  test('of which a signature is refused does not finish that build, and says so', async () => {
    refused = { 'beta-1-1.x86_64.rpm': { code: 'signature_wrong', key: 'offline' } };
    const { out, err, exit } = await bring();
    expect(exit).toBe(1);
    expect(finished).toEqual([]);
    expect(out).toMatch(/beta-1-1\.x86_64\.rpm .*refused .*signature_wrong/);
    expect(err).toMatch(/build 8 is not finished for offline; refused: beta-1-1\.x86_64\.rpm/);
  });

  test('finishes the other builds all the same', async () => {
    refused = { 'alpha-1-1.x86_64.rpm': { code: 'signature_wrong', key: 'offline' } };
    const { out, exit } = await bring('--json');
    expect(exit).toBe(1);
    expect(finished).toMatchObject([{ build: '8' }]);
    expect(JSON.parse(out)).toMatchObject({
      items: [{ outcome: 'refused', failure: { code: 'signature_wrong' } }, { outcome: 'imported' }],
      finished: [8],
      unfinished: [7],
    });
  });

  test('may have packages that nobody has signed: these are what the marker speaks of', async () => {
    refused = { 'beta-1-1.x86_64.rpm': { code: 'no_signature', key: null } };
    const { exit } = await bring();
    expect(exit).toBe(0);
    expect(finished).toMatchObject([{ build: '8', body: { key: 'offline' } }]);
  });

  test.each(['{"builds":[7,8]}', '{ cut off', 'null', ''])(
    'whose list is no list with a key is refused before anything is sent: %s',
    async (text) => {
      await writeFile(join(folder, 'unsigned.json'), text);
      const { err, exit } = await bring();
      expect([exit, err]).toEqual([3, expect.stringContaining('bad_list')]);
      expect(hub.asked).toEqual([]);
    },
  );
});

test('without --pushed a refused signature ends it with 1, and nothing is finished', async () => {
  refused = { 'beta-1-1.x86_64.rpm': { code: 'no_signature', key: null } };
  expect((await play(hub.address, ['import-sig', folder])).exit).toBe(1);
  expect(finished).toEqual([]);
});

describe('finish', () => {
  test('speaks of all that is open where no key is given', async () => {
    const { out } = await play(hub.address, ['finish', '7', '--reason', 'by hand']);
    expect(finished).toEqual([{ build: '7', body: { reason: 'by hand' } }]);
    expect(out).toBe('7 is finished: by hand\n');
  });

  test('speaks of one key where it is given', async () => {
    const { out } = await play(hub.address, ['finish', '7', '--key', 'offline', '--reason', 'by hand']);
    expect(finished).toEqual([{ build: '7', body: { reason: 'by hand', key: 'offline' } }]);
    expect(out).toBe('7 is finished for offline: by hand\n');
  });
});
