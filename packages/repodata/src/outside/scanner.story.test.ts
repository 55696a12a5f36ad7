import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { documentForms } from '../compose/document.ts';
import { RepodataError } from '../errors.ts';
import { listing, primaryPackage } from '../testing/foreign.ts';
import { normal } from './normal.ts';
import { PackageScanner, type ScannedPackage, scanLimits } from './scanner.ts';

const seed = 20261122;
const form = documentForms.primary;

function scan(document: Uint8Array, step = document.length, wanted = new Set<string>()): ScannedPackage[] {
  const scanner = new PackageScanner(form, wanted);
  for (let at = 0; at < document.length; at += step) scanner.write(document.subarray(at, at + step));
  scanner.end();
  return scanner.take();
}

/** Elements, attributes and texts, with namespaces resolved: what a document says. */
function said(document: string): unknown[] {
  const events: unknown[] = [];
  const parser = new SaxesParser({ xmlns: true });
  const text = (value: string) => {
    const last = events.at(-1);
    if (Array.isArray(last) && last[0] === 'text') last[1] += value;
    else if (value !== '') events.push(['text', value]);
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    const all = Object.values(attributes).filter((one) => one.uri !== 'http://www.w3.org/2000/xmlns/');
    events.push(['open', uri, local, all.map((one) => [one.uri, one.local, one.value])]);
  });
  parser.on('closetag', () => events.push(['close']));
  parser.on('text', text);
  parser.on('cdata', text);
  parser.write(document).close();
  return events;
}

/** What the packages say that a scanner took from the document, put into a listing of ours. */
function saidOfTaken(document: Uint8Array): unknown[] | undefined {
  const scanner = new PackageScanner(form, new Set());
  scanner.write(document);
  scanner.end();
  const texts = scanner
    .take()
    .map(({ bytes, plain }) => (plain ? bytes : normal(bytes, form, scanner.declarations)).toString('utf8'));
  return saidOfWhole(listing('primary', texts));
}

/** What saxes finds in it, without what stands between packages; undefined where it is not well-formed. */
function saidOfWhole(document: string): unknown[] | undefined {
  try {
    let depth = 0;
    return said(document).filter((event) => {
      const [kind] = event as [string];
      if (kind === 'open') depth += 1;
      const within = depth >= 2;
      if (kind === 'close') depth -= 1;
      return within;
    });
  } catch {
    return undefined;
  }
}

const whole = listing('primary', [primaryPackage(1), primaryPackage(2)]);

test('packages are given as they stand, in pieces of any size', () => {
  const wanted = [primaryPackage(1), primaryPackage(2)];
  for (const step of [1, 2, 7, 100, 10_000]) {
    const found = scan(Buffer.from(whole), step);
    expect(found.map(({ bytes }) => bytes.toString())).toEqual(wanted);
    expect(found.every(({ plain }) => plain)).toBe(true);
  }
});

test('whatever is taken says what another reader finds in it, and what is not well-formed is not taken', () => {
  const snippets = [
    ...[
      '<',
      '>',
      '&',
      ';',
      '"',
      "'",
      '=',
      '/',
      ' ',
      ':',
      ']]>',
      '<!--',
      '-->',
      '<![CDATA[',
      'x',
      '<x>',
      '</x>',
      '<x/>',
    ],
    ...[
      '&lt;',
      '&#65;',
      '&#x41;',
      '&#0;',
      '&x;',
      '\u0001',
      'é',
      '\ufffe',
      ' a="1"',
      ' xmlns="urn:x"',
      ' x:a="1"',
    ],
    ...[
      ' xmlns:x="urn:x"',
      '<x:y xmlns:x="urn:x"/>',
      '<rpm:z/>',
      '</name>',
      '<name>',
      '\r\n',
      ' name=""',
      ' xml:a="1"',
    ],
  ] as const;
  const change = fc.record({
    at: fc.integer({ min: whole.indexOf('packages='), max: whole.length }),
    drop: fc.nat(3),
    put: fc.oneof(fc.constantFrom(...snippets), fc.string({ maxLength: 2 })),
  });
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let document = whole;
      for (const { at, drop, put } of changes)
        document = document.slice(0, at) + put + document.slice(at + drop);
      let found: unknown[] | undefined;
      try {
        found = saidOfTaken(Buffer.from(document));
      } catch (error) {
        if (!(error instanceof RepodataError)) throw error;
        refused += 1;
        return;
      }
      taken += 1;
      expect(found).toBeDefined();
      expect(found).toEqual(saidOfWhole(document));
    }),
    { seed, numRuns: 4000 },
  );
  expect(taken).toBeGreaterThan(300);
  expect(refused).toBeGreaterThan(300);
});

test('what is well-formed between its packages is not refused', () => {
  const texts = fc.array(
    fc.constantFrom(
      'a',
      'é',
      '&amp;',
      '&#10;',
      '] ',
      ']] ',
      '>',
      '"',
      '\n',
      '<b c="d">e</b>',
      '<f/>',
      '<!--g-->',
      '<![CDATA[<h>]]>',
      '<i j=\'"\' k="\'"/>',
      '<l:m xmlns:l="urn:l" l:n="o"/>',
    ),
  );
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 40 }), (pieces, step) => {
      const document = listing('primary', [
        primaryPackage(1, { summary: `<summary>${pieces.join('')}</summary>` }),
      ]);
      expect(saidOfTaken(Buffer.from(document))).toEqual(saidOfWhole(document));
      const [whole, cut] = [scan(Buffer.from(document)), scan(Buffer.from(document), step)];
      expect(cut).toEqual(whole);
    }),
    { seed, numRuns: 500 },
  );
});

test('comments, CDATA and foreign namespaces are written so that they mean the same elsewhere', () => {
  const summary = '<summary>a<!-- b --><![CDATA[<c> & ]]></summary><s:d xmlns="urn:e" t:f="1"><g/></s:d>';
  const declared = ' xmlns:s="urn:s" xmlns:t="urn:t"';
  const document = listing('primary', [primaryPackage(1, { summary })], 1, declared);
  const [taken] = scan(Buffer.from(document));
  expect(taken?.plain).toBe(false);
  const names = new Map([
    ['', form.uri],
    ['rpm', form.prefixes['rpm'] ?? ''],
    ['s', 'urn:s'],
    ['t', 'urn:t'],
  ]);
  const written = normal(taken?.bytes ?? Buffer.alloc(0), form, names).toString();
  expect(written).toContain('<summary>a&lt;c&gt; &amp; </summary>');
  expect(written).toContain(
    '<x0:d xmlns:x0="urn:s" xmlns:x1="urn:t" x1:f="1"><x0:g xmlns:x0="urn:e"/></x0:d>',
  );
  expect(written.endsWith('</package>\n')).toBe(true);
});

test('prefixes that a root gives another meaning mean that', () => {
  const foreign = whole.replace('metadata/rpm"', 'metadata/else"');
  const [first] = scan(Buffer.from(foreign));
  expect(first?.plain).toBe(false);
  const swapped = whole.replaceAll('xmlns:rpm', 'xmlns:r').replaceAll('rpm:', 'r:');
  expect(saidOfTaken(Buffer.from(swapped))).toEqual(saidOfWhole(whole));
});

function codeOf(document: string | Buffer, limits = scanLimits): string {
  const scanner = new PackageScanner(form, new Set(['name', 'format/', 'format/rpm:sourcerpm']), limits);
  try {
    const bytes = Buffer.from(document);
    for (let at = 0; at < bytes.length; at += 1000) scanner.write(bytes.subarray(at, at + 1000));
    scanner.end();
    return `${scanner.take().length} packages`;
  } catch (error) {
    return error instanceof RepodataError ? error.code : `not ours: ${String(error)}`;
  }
}

test('size is bounded: of a package, of a tag, in depth, in attributes', () => {
  const limits = { element: 20_000, tag: 5000, depth: 8 };
  const one = (summary: string) => listing('primary', [primaryPackage(1, { summary })]);
  expect(codeOf(one(`<summary>${'x'.repeat(15_000)}</summary>`), limits)).toBe('1 packages');
  expect(codeOf(one(`<summary>${'x'.repeat(25_000)}</summary>`), limits)).toBe('too_large');
  expect(codeOf(one(`<summary a="${'x'.repeat(8000)}"/>`), limits)).toBe('too_large');
  expect(codeOf(one(`<!--${'x'.repeat(8000)}-->`), limits)).toBe('too_large');
  expect(codeOf(one('<a>'.repeat(9) + '</a>'.repeat(9)), limits)).toBe('hostile');
  const many = Array.from({ length: 65 }, (_, at) => ` a${at}=""`).join('');
  expect(codeOf(one(`<summary${many}/>`))).toBe('hostile');
});

test('what repositories never need is refused', () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>';
  expect(codeOf(whole.replace('?>\n', `?>${bomb}`))).toBe('hostile');
  expect(codeOf(whole.replace('One', '&a;'))).toBe('damaged');
  expect(codeOf(whole.replace('One', '<?php run?>'))).toBe('hostile');
  expect(codeOf(whole.replace('?>\n', '?><?php run?>'))).toBe('hostile');
  expect(codeOf(whole.replace('UTF-8', 'UTF-16'))).toBe('hostile');
  expect(codeOf(whole.replace('<package', '<other/><package'))).toBe('hostile');
  expect(codeOf(whole.replace('<package', 'text<package'))).toBe('hostile');
  expect(codeOf(whole.replace('</name>', '</name><name>p</name>'))).toBe('hostile');
  expect(codeOf(whole.replace('p1</name>', '<b/></name>'))).toBe('damaged');
});

test('what is cut, garbled or miscounted is damaged', () => {
  expect(codeOf('')).toBe('damaged');
  expect(codeOf(whole.slice(0, -3))).toBe('damaged');
  expect(codeOf(whole.slice(0, 900))).toBe('damaged');
  expect(codeOf(`${whole}<x/>`)).toBe('damaged');
  expect(codeOf(`${whole}x`)).toBe('hostile');
  expect(codeOf(whole.replace('packages="2"', 'packages="1"'))).toBe('damaged');
  expect(codeOf(whole.replace('packages="2"', 'packages="3"'))).toBe('damaged');
  expect(codeOf(whole.replace('packages="2"', ''))).toBe('damaged');
  expect(codeOf(whole.replace('common"', 'filelists"'))).toBe('damaged');
  expect(codeOf(Buffer.from(whole.replace('One', 'Öne'), 'latin1'))).toBe('damaged');
  expect(codeOf(whole.replace('One', 'O\ufffee'))).toBe('damaged');
  expect(codeOf(`\ufeff${whole}`)).toBe('2 packages');
});
