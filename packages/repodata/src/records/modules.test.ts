import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { RepodataError } from '../errors.ts';
import { expectReadOrRefused } from '../testing/damaged.ts';
import { readModuleDocuments } from './module-document.ts';
import { mergeModules } from './modules.ts';

function document(kind: string, version: number, data: Record<string, unknown>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${value}`);
  return `---\ndocument: ${kind}\nversion: ${version}\ndata:\n${lines.join('\n')}\n...\n`;
}

const built = { summary: 's', description: 'd', license: '{module: [MIT]}', arch: 'x86_64', context: 'c' };
const stream = (name: string, stream: string, version: number, more = {}) =>
  document('modulemd', 2, { name, stream, version, ...built, ...more });
const defaults = (module: string, modified: number, more = {}) =>
  document('modulemd-defaults', 1, { module, modified, ...more });

function read(text: string | Buffer) {
  try {
    return readModuleDocuments(Buffer.from(text));
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

const merged = (...texts: string[]) => mergeModules(texts.map((text) => Buffer.from(text))).toString();

test('documents of every kind are read, each in its own words', () => {
  const texts = [
    stream('m', '1.10', 5),
    document('modulemd', 1, built),
    document('modulemd-stream', 3, { name: 'm', stream: '2', ...built }),
    document('modulemd-packager', 3, { name: 'm', ...built }),
    defaults('m', 3),
    document('modulemd-translations', 1, { module: 'm', stream: '1', modified: 1 }),
    document('modulemd-obsoletes', 1, { module: 'm', stream: '1', modified: 1, message: 'gone' }),
  ];
  const found = readModuleDocuments(Buffer.from(`# a comment\n${texts.join('# another\n')}`));
  expect(found.map(({ about }) => about.slice(0, 3).join(' ').trim())).toEqual([
    'm modulemd 1.10',
    'modulemd',
    'm modulemd-stream 2',
    'm modulemd-packager',
    'm modulemd-defaults',
    'm modulemd-translations 1',
    'm modulemd-obsoletes 1',
  ]);
});

test('the same documents in any files and order are one file, and it is read again', () => {
  const all = [
    stream('b', '1', 1),
    stream('a', '2', 1),
    stream('a', '10', 1),
    defaults('a', 1),
    stream('a', '2', 2),
  ];
  const whole = merged(all.join(''));
  expect(merged(...[...all].reverse())).toBe(whole);
  expect(merged(whole, whole)).toBe(whole);
  expect(parseAllDocuments(whole)).toHaveLength(5);
});

test('of defaults and the like the newest stays, of equally new ones the first', () => {
  expect(merged(defaults('a', 1), defaults('a', 3, { stream: 'new' }), defaults('a', 2))).toContain(
    'stream: new',
  );
  expect(merged(defaults('a', 1, { stream: 'first' }), defaults('a', 1))).toContain('stream: first');
  const twice = merged(stream('a', '1', 1, { summary: 'first' }), stream('a', '1', 1));
  expect(twice).toContain('summary: first');
  expect(twice.match(/^---$/gm)).toHaveLength(1);
});

test('nothing is nothing', () => {
  expect(merged()).toBe('');
  expect(merged('', '# only this\n---\n...\n')).toBe('');
});

test('what is no module is refused', () => {
  expect(read('a: [')).toBe('damaged');
  expect(read('just text')).toBe('damaged');
  expect(read('a: 1\na: 2')).toBe('damaged');
  expect(read('? [a]\n: b')).toBe('damaged');
  expect(read(document('modulemd', 4, built))).toBe('damaged');
  expect(read(document('constructor', 1, built))).toBe('damaged');
  expect(read('document: modulemd\nversion: 2\ndata: text')).toBe('damaged');
  expect(read(document('modulemd', 2, built))).toBe('damaged');
  expect(read(stream('m', '[1]', 1))).toBe('damaged');
  expect(read(stream('m', '1', 1).replace('version: 1\n', 'version: latest\n'))).toBe('damaged');
  expect(read(defaults('m', 1).replace('module: m', 'other: m'))).toBe('damaged');
  expect(read(Buffer.from([0xff, 0xfe]))).toBe('damaged');
});

test('what would cost more than it says is refused', () => {
  expect(read('a: &x [1]\nb: *x')).toBe('hostile');
  expect(read('a: &x [1]')).toBe('hostile');
  expect(read('a: !!js/function x')).toBe('hostile');
  expect(read('['.repeat(100_000))).toBe('hostile');
  expect(read('{a: '.repeat(100_000))).toBe('hostile');
  expect(read('- '.repeat(100_000))).toBe('hostile');
  expect(read(Array.from({ length: 200 }, (_, at) => `${' '.repeat(at)}a:`).join('\n'))).toBe('hostile');
  expect(read(' '.repeat(17 * 2 ** 20))).toBe('too_large');
  expect(read(`a: ${'x'.repeat(2 ** 21)}`)).toBe('too_large');
});

test('keys that mean something to the language mean nothing', () => {
  const found = read(stream('m', '1', 1, { __proto__x: 1 }).replaceAll('__proto__x', '__proto__'));
  expect(found).toHaveLength(1);
  expect(({} as Record<string, unknown>)['name']).toBeUndefined();
});

test('whatever is changed in it, it is read or refused with a code', async () => {
  const whole = Buffer.from(stream('m', '"1"', 1) + defaults('m', 1));
  await expectReadOrRefused(whole, async (bytes) => read(bytes), 300);
});
