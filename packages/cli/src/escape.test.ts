import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from './escape.ts';

test('colours, cursor moves, titles, links and clipboard writes are taken out whole', () => {
  expect(printable('\x1b[31mred\x1b[0m \x1b[2J\x1b[Hhome')).toBe('red home');
  expect(printable('\x1b]0;a title\x07text')).toBe('text');
  expect(printable('\x1b]8;;http://evil/\x1b\\link\x1b]8;;\x1b\\')).toBe('link');
  expect(printable('\x1b]52;c;ZXZpbA==\x07x')).toBe('x');
  expect(printable('\x9b31mx\x9d0;t\x9cy')).toBe('xy');
  expect(printable('\x1bPq#0\x1b\\x')).toBe('x');
});

test('a carriage return cannot overwrite what stood before it', () => {
  expect(printable('good\revil')).toBe('goodevil');
});

test('direction marks cannot turn a name round', () => {
  expect(printable('a\u202egpj.exe')).toBe('agpj.exe');
});

test('line ends stay only where they are asked for', () => {
  expect(printable('a\n\nb\tc')).toBe('a b    c');
  expect(printable('a\nb', { lines: true })).toBe('a\nb');
});

test('whatever goes in, no control character comes out, and plain text stays as it is', () => {
  const nasty = fc.array(
    fc.oneof(
      fc.constantFrom('\x1b', '[', ']', 'P', '\x07', '\\', '\x9b', '\r', '\x9c', 'm', ';'),
      fc.string(),
    ),
  );
  fc.assert(
    fc.property(nasty, (parts) => {
      expect(printable(parts.join(''))).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~äöü日本]*$/), (text) => {
      expect(printable(text)).toBe(text);
    }),
  );
});

test('an unended sequence of a megabyte is taken out in a moment', () => {
  const started = performance.now();
  printable(`\x1b]${'x'.repeat(1_000_000)}`);
  printable('\x1b['.repeat(500_000));
  printable('\x1b]'.repeat(500_000));
  expect(performance.now() - started).toBeLessThan(2000);
});
