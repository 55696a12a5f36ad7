import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chain, type Note } from './chain.ts';
import { Rates } from './rate.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moromi-chain-'));
});
afterAll(() => rm(folder, { recursive: true }));

const fresh = () => join(folder, `journal-${++count}`);
const note = (name: string): Note => ({ event: 'signing', name, rule: 'r' });
const names = async (path: string) => {
  const found = [];
  for await (const line of new Chain(path).lines()) found.push(line['name']);
  return found;
};

describe("a signer's journal", () => {
  test('keeps all that is added, in its order, and goes on where another process left off', async () => {
    const path = fresh();
    const chain = new Chain(path);
    await chain.append([note('a'), note('b')]);
    await new Chain(path).append([note('c')]);
    await Promise.all([chain.append([note('d')]), chain.append([note('e')])]);
    expect(await names(path)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await chain.verify()).toMatchObject({ lines: 5 });
  });

  test('of several that write at once loses nothing', async () => {
    const path = fresh();
    const chains = Array.from({ length: 4 }, () => new Chain(path));
    await Promise.all(
      chains.flatMap((chain, at) => Array.from({ length: 10 }, (_, n) => chain.append([note(`${at}-${n}`)]))),
    );
    expect(await names(path)).toHaveLength(40);
    expect(await new Chain(path).verify()).toMatchObject({ lines: 40 });
  });

  test('shows any change of a byte before its last line', async () => {
    const path = fresh();
    await new Chain(path).append(['a', 'b', 'c', 'd'].map(note));
    const good = await readFile(path);
    const end = good.lastIndexOf(10, good.length - 2);
    await fc.assert(
      fc.asyncProperty(fc.nat(end - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const bad = Buffer.from(good);
        bad[at] = ((bad[at] ?? 0) + by) % 256;
        const other = `${path}.bad`;
        await writeFile(other, bad);
        expect(await new Chain(other).verify()).toHaveProperty('wrong');
      }),
      { numRuns: 60 },
    );
  });

  test('shows that a line was taken out, and by its last hash that one was taken off the end', async () => {
    const path = fresh();
    await new Chain(path).append(['a', 'b', 'c'].map(note));
    const before = await new Chain(path).verify();
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, lines.toSpliced(1, 1).join('\n'));
    expect(await new Chain(path).verify()).toEqual({ wrong: 'line 2 does not follow the one before it' });
    await writeFile(path, lines.toSpliced(2, 1).join('\n'));
    const after = await new Chain(path).verify();
    expect(after).toMatchObject({ lines: 2 });
    expect(after).not.toEqual(before);
  });

  test('goes on after a line that a crash has cut short', async () => {
    const path = fresh();
    const chain = new Chain(path);
    await chain.append([note('a'), note('b')]);
    await truncate(path, (await readFile(path)).length - 20);
    await new Chain(path).append([note('c')]);
    expect(await names(path)).toEqual(['a', 'c']);
    expect(await new Chain(path).verify()).toMatchObject({ lines: 2 });
    await appendFile(path, 'half a li');
    await new Chain(path).append([note('d')]);
    expect(await new Chain(path).verify()).toMatchObject({ lines: 3 });
  });
});

test('a rate holds over a restart and ends after an hour', async () => {
  const path = fresh();
  const chain = new Chain(path);
  await chain.append([note('a'), note('b'), { event: 'refused', name: 'c', rule: 'r' }]);
  const rates = await Rates.from(chain);
  expect(rates.used('r')).toBe(2);
  expect(rates.used('other')).toBe(0);
  rates.add('r');
  expect(rates.used('r')).toBe(3);
  expect(rates.used('r', Date.now() + 3_600_001)).toBe(0);
  expect((await Rates.from(chain, Date.now() + 3_600_001)).used('r')).toBe(0);
});
