import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { macroFile } from './root.ts';

/** What rpm makes of a macro when the file is the user's. */
function expand(text: string, macro: string): string {
  const home = mkdtempSync(join(tmpdir(), 'moromi-macros-'));
  try {
    writeFileSync(join(home, '.rpmmacros'), text);
    return execFileSync('rpm', ['--eval', macro], {
      env: { ...process.env, HOME: home },
      encoding: 'utf8',
    }).trimEnd();
  } finally {
    rmSync(home, { recursive: true });
  }
}

test('rpm reads the macros as they were given', () => {
  const text = macroFile({
    dist: '.el9',
    vendor: 'Example: a "vendor"',
    empty_one: '',
    packager: 'ends in \\',
  });
  expect(expand(text, '%dist|%vendor|%empty_one|%_topdir')).toBe('.el9|Example: a "vendor"||/builddir/build');
});

test('no value begins a macro of its own', () => {
  const parts = fc.array(fc.constantFrom('\n', '\r\n', '\\', '%other evil', 'x', ' '));
  fc.assert(
    fc.property(parts, (pieces) => {
      const text = macroFile({ first_one: pieces.join(''), other: 'good' });
      // A line that begins with % after one that is not continued is a definition.
      const defined = text.split(/(?<!\\)\n/).map((line) => /^%(\w+)/.exec(line)?.[1]);
      expect(defined.filter(Boolean)).toEqual(['_topdir', '_rpmfilename', 'first_one', 'other']);
    }),
  );
});
