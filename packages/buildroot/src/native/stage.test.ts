import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildFailures } from '../driver.ts';
import { currentStage, failingStage } from './stage.ts';

const head =
  'Building target platforms: x86_64\nExecuting(%prep): /bin/sh -e /var/tmp/rpm-tmp.aB\n+ umask 022\n';

test.each([
  ['prep', 'prep_failed'],
  ['generate_buildrequires', 'generate_buildrequires_failed'],
  ['conf', 'build_failed'],
  ['build', 'build_failed'],
  ['install', 'install_failed'],
  ['check', 'check_failed'],
])('a script that fails in %%%s is %s', (stage, code) => {
  const log = `${head}+ false\nerror: Bad exit status from /var/tmp/rpm-tmp.aB (%${stage})\n\nRPM build errors:\n    Bad exit status from /var/tmp/rpm-tmp.aB (%${stage})\n`;
  expect(failingStage(log)).toMatchObject({ code, message: `%${stage} failed` });
});

test.each([
  ['error: Installed (but unpackaged) file(s) found:\n   /usr/x\n', 'files_failed'],
  ['error: File not found: /builddir/build/BUILDROOT/a/usr/b\n', 'files_failed'],
  ['RPM build errors:\n    File not found: /builddir/build/BUILDROOT/a/usr/b\n', 'files_failed'],
  ['error: File not found by glob: /builddir/x/*\n', 'files_failed'],
  ['error: Directory not found: /builddir/x\n', 'files_failed'],
  ['error: Could not open %files file /builddir/build/BUILD/x: No such file or directory\n', 'files_failed'],
  ['error: Empty %files file /builddir/build/BUILD/a/debugsourcefiles.list\n', 'files_failed'],
  ['error: Arch dependent binaries in noarch package\n', 'files_failed'],
  ['error: Failed build dependencies:\n\tzlib-devel is needed by a-1-1.x86_64\n', 'buildrequires_missing'],
  ['error: Architecture is not included: x86_64\n', 'arch_excluded'],
  ['error: Architecture is excluded: x86_64\n', 'arch_excluded'],
  ['error: No compatible architectures found for build\n', 'arch_excluded'],
  ['error: Bad source: /builddir/build/SOURCES/a.tar.gz: No such file or directory\n', 'spec_unreadable'],
  ['error: Bad file: /builddir/build/SOURCES/a.patch: No such file or directory\n', 'spec_unreadable'],
  ['error: line 5: Unknown tag: Frobnicate: x\n', 'spec_unreadable'],
  ['error: /builddir/build/SPECS/a.spec: line 9: parse error in expression: x\n', 'spec_unreadable'],
  ['error: Name field must be present in package: (main package)\n', 'spec_unreadable'],
  ['error: line 3: Unclosed %if\n', 'spec_unreadable'],
])('%j is %s', (text, code) => {
  expect(failingStage(text).code).toBe(code);
});

test('the last script to fail is the one that counts', () => {
  const log = `${head}error: Bad exit status from /var/tmp/rpm-tmp.a (%prep)\n${head}error: Bad exit status from /var/tmp/rpm-tmp.b (%check)\n`;
  expect(failingStage(log).code).toBe('check_failed');
});

test('a build that prints the words of another failure is still judged by its own', () => {
  const log = `${head}Executing(%build): /bin/sh -e /var/tmp/x\nerror: File not found: /x\nerror: Bad exit status from /var/tmp/x (%build)\n`;
  expect(failingStage(log).code).toBe('build_failed');
});

test('the excerpt ends with the error, without colours, and is at most 2 KB', () => {
  const noise = 'make: \u001b[31mnoise\u001b[0m\r\n'.repeat(1000);
  const { excerpt } = failingStage(
    `${head}${noise}error: Bad exit status from /var/tmp/x (%build)\nRPM build errors:\n`,
  );
  expect(excerpt.endsWith('error: Bad exit status from /var/tmp/x (%build)')).toBe(true);
  expect(excerpt).not.toMatch(/[\u001b\r]/);
  expect(excerpt.length).toBeLessThanOrEqual(2048);
});

test('the stage that a build was in is the last that was begun', () => {
  expect(currentStage('')).toBeUndefined();
  expect(currentStage(`${head}Executing(%build): /bin/sh\n`)).toBe('%build');
});

test('whatever a log holds, there is a code and a bounded excerpt', () => {
  const piece = fc.constantFrom(
    'error: ',
    'Bad exit status from x (%',
    'build)',
    'Executing(%',
    '\n',
    'é\u0000',
    '%files',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const { code, excerpt } = failingStage(pieces.join(''));
      expect(Object.keys(buildFailures)).toContain(code);
      expect(excerpt.length).toBeLessThanOrEqual(2048);
    }),
  );
});
