import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectReadOrRefused } from '../testing/damaged.ts';
import { inPieces, readOrCode } from '../testing/foreign.ts';
import { all } from '../testing/packages.ts';
import { narrowed, type Update, Updates } from './update.ts';
import { writeUpdateinfo } from './updateinfo.ts';
import { readUpdateinfo } from './updateinfo-reader.ts';

const seed = 20261122;
const word = fc.stringMatching(/^[a-z0-9.]{1,6}$/);
const text = fc.string({ unit: fc.constantFrom('a', ' ', '<', '&', '"', "'", 'é', '\n', '\t', '>', ']]>') });
const maybe = (one: fc.Arbitrary<string>) => fc.option(one, { nil: null });
const line = text.map((one) => one.trim());

const update: fc.Arbitrary<Update> = fc.record({
  ...{ id: word, from: maybe(text), status: maybe(text), type: maybe(text), version: maybe(word) },
  ...{
    title: maybe(text),
    issued: maybe(text),
    updated: maybe(text),
    rights: maybe(text),
    release: maybe(text),
  },
  ...{ pushcount: maybe(text), severity: maybe(text), summary: maybe(text), description: maybe(text) },
  ...{ solution: maybe(text), rebootSuggested: fc.boolean() },
  references: fc.array(fc.record({ href: text, id: maybe(text), type: maybe(text), title: maybe(text) }), {
    maxLength: 3,
  }),
  collections: fc.array(
    fc.record({
      short: maybe(text),
      name: maybe(line),
      module: fc.option(
        fc.record({
          name: word,
          stream: word,
          version: fc.constantFrom('', '1', '18446744073709551615'),
          context: text,
          arch: text,
        }),
        { nil: null },
      ),
      packages: fc.array(
        fc.record({
          ...{
            name: word,
            epoch: fc.option(fc.nat(), { nil: null }),
            version: word,
            release: word,
            arch: word,
          },
          ...{ src: maybe(text), filename: maybe(line) },
          sum: fc.option(fc.record({ type: word, value: word }), { nil: null }),
          ...{
            rebootSuggested: fc.boolean(),
            restartSuggested: fc.boolean(),
            reloginSuggested: fc.boolean(),
          },
        }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 2 },
  ),
});

const read = (bytes: Uint8Array | string, step?: number) => all(readUpdateinfo(inPieces(bytes, step)));

test('what is written is read again, field for field', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(update, { maxLength: 3 }),
      fc.integer({ min: 1, max: 200 }),
      async (updates, step) => {
        const written = writeUpdateinfo(updates);
        expect(await read(written, step)).toEqual(updates);
        expect(await read(gzipSync(written))).toEqual(updates);
      },
    ),
    { seed, numRuns: 150 },
  );
});

const simple = (id: string, more: Partial<Update> = {}): Update => ({
  ...{ id, from: null, status: null, type: null, version: '1', title: null, issued: null, updated: null },
  ...{ rights: null, release: null, pushcount: null, severity: null, summary: null, description: null },
  ...{ solution: null, rebootSuggested: false, references: [], collections: [] },
  ...more,
});

test('of one advisory the newest stays, whatever order they come in', () => {
  const versions = [
    simple('a', { version: '2', title: 'two' }),
    simple('a', { version: '10', title: 'ten' }),
    simple('a', { version: '10', title: 'ten, later', updated: '2026-01-02 00:00:00' }),
    simple('b'),
  ];
  for (const order of [versions, [...versions].reverse()]) {
    const updates = new Updates();
    for (const one of order) updates.add(one);
    expect(updates.all().map(({ id, title }) => [id, title])).toEqual([
      ['a', 'ten, later'],
      ['b', null],
    ]);
  }
});

test('an advisory says only of packages that are there', async () => {
  const packages = ['a', 'b']
    .map(
      (name) =>
        `<package name="${name}" version="1" release="1" epoch="0" arch="x86_64"><filename>f</filename></package>`,
    )
    .join('');
  const xml = `<updates><update><id>u</id><pkglist><collection short="x">${packages}</collection><collection><name>y</name></collection></pkglist></update></updates>`;
  const [found] = await read(xml);
  if (found === undefined) throw new Error('there is no advisory');
  const left = narrowed(found, ({ name }) => name === 'b');
  expect(left?.collections.map(({ packages }) => packages.map(({ name }) => name))).toEqual([['b']]);
  expect(narrowed(found, () => false)).toBeUndefined();
});

test('what some makers write otherwise is understood', async () => {
  const [found] = await read(`<?xml version="1.0"?><updates><update from="x" type="security"><id> u </id>
    <reboot_suggested/><message>ignored</message><unknown><id>other</id></unknown>
    <pkglist><collection><package name="a" version="1" release="1" arch="src"><reboot_suggested>1</reboot_suggested><relogin_suggested>False</relogin_suggested></package></collection></pkglist>
    </update></updates>`);
  expect(found).toMatchObject({ id: 'u', from: 'x', rebootSuggested: true, version: null });
  expect(found?.collections[0]?.packages[0]).toMatchObject({
    epoch: null,
    rebootSuggested: true,
    reloginSuggested: false,
  });
});

test('what is damaged, hostile or too large is refused', async () => {
  const code = (xml: string, limits = {}) => readOrCode(readUpdateinfo(inPieces(xml), limits));
  const one = (inner: string) => `<updates><update><id>u</id>${inner}</update></updates>`;
  expect(await code('')).toBe('damaged');
  expect(await code('<other/>')).toBe('damaged');
  expect(await code('<updates><update/></updates>')).toBe('damaged');
  expect(await code(one('').slice(0, -4))).toBe('damaged');
  expect(await code(one('<pkglist><collection><package name="a"/></collection></pkglist>'))).toBe('damaged');
  expect(
    await code(one('<pkglist><collection><module name="a" stream="1" version="x"/></collection></pkglist>')),
  ).toBe('damaged');
  expect(await code(`<!DOCTYPE u [<!ENTITY a "b">]>${one('')}`)).toBe('hostile');
  expect(await code(one('<a>'.repeat(20) + '</a>'.repeat(20)))).toBe('hostile');
  expect(
    await code(one(`<references>${'<reference href="x"/>'.repeat(11)}</references>`), { entries: 10 }),
  ).toBe('too_large');
  expect(await code(one('x'.repeat(1000)), { unpacked: 500 })).toBe('too_large');
});

test('whatever is changed in it, it is read or refused with a code', async () => {
  const [one] = fc.sample(update, { seed, numRuns: 1 });
  const whole = writeUpdateinfo(one === undefined ? [] : [one, one]);
  await expectReadOrRefused(whole, (document) => readOrCode(readUpdateinfo(inPieces(document))), 300);
});
