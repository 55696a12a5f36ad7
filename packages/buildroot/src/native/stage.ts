/**
 * Which part of a build failed, from what rpmbuild printed.
 *
 * Invariant: a pure function of the log's end, written for the wording of rpm 4.14 to 4.20. It never blames the
 * machine: whether memory or disk ran out is measured elsewhere and asked first.
 */
import type { BuildFailureCode } from '../driver.ts';

export interface FailingStage {
  code: BuildFailureCode;
  /** One sentence. */
  message: string;
  /** At most 2 KB of the log, ending with what tells of the failure. */
  excerpt: string;
}

const stages: Record<string, BuildFailureCode> = {
  prep: 'prep_failed',
  generate_buildrequires: 'generate_buildrequires_failed',
  conf: 'build_failed',
  build: 'build_failed',
  install: 'install_failed',
  check: 'check_failed',
  clean: 'build_failed',
};

/** Words of rpmbuild outside of a script, the most telling first. */
const phrases: [RegExp, BuildFailureCode, string][] = [
  [
    /^error: (Architecture is (not included|excluded)|No compatible architectures found|OS is (not included|excluded))/m,
    'arch_excluded',
    'the spec excludes this architecture',
  ],
  [/^error: Failed build dependencies:/m, 'buildrequires_missing', 'BuildRequires are not met in the root'],
  [
    /Installed \(but unpackaged\) file\(s\) found/m,
    'files_failed',
    'files were installed that no %files lists',
  ],
  [
    /^\s*(error: )?(File|Directory) not found( by glob)?:/m,
    'files_failed',
    '%files lists what was not installed',
  ],
  [/^\s*(error: )?File listed twice|^\s*(error: )?File must begin with/m, 'files_failed', '%files is wrong'],
  [
    /^\s*(error: )?(Could not open %files file|Empty %files file|Arch dependent binaries in noarch package)/m,
    'files_failed',
    'the %files sections do not fit what was built',
  ],
  [
    /^error: (Missing build-id|Duplicate build-id|Generating build-id links failed)/m,
    'files_failed',
    'build-ids are wrong',
  ],
  [/^error: (Bad|Unable to open) (source|file|patch)/m, 'spec_unreadable', 'a source or patch is missing'],
  [
    /^error: (line \d+: |.*: line \d+: )?(Unknown tag|parse error|.* field must be present|Unclosed|.*%if|Package has no|Unable to parse|query of specfile|illegal|Bad (arch|package)|Failed to (parse|open))/im,
    'spec_unreadable',
    'the spec file cannot be read',
  ],
];

const badExit = /^error: Bad exit status from \S+ \(%(\w+)\)/gm;
const executing = /^Executing\(%(\w+)\):/gm;

export function failingStage(log: string): FailingStage {
  const text = printable(log);
  const bad = [...text.matchAll(badExit)].at(-1);
  const stage = bad?.[1];
  const code = stage && stages[stage];
  if (bad && code) {
    return { code, message: `%${stage} failed`, excerpt: upTo(text, scriptEnd(text, bad.index), bad.index) };
  }
  for (const [pattern, phraseCode, message] of phrases) {
    const found = pattern.exec(text);
    if (found) return { code: phraseCode, message, excerpt: around(text, found.index) };
  }
  const last = [...text.matchAll(executing)].at(-1)?.[1];
  const excerpt = text.slice(-2000);
  if (last && stages[last]) return { code: stages[last], message: `%${last} failed`, excerpt };
  // Before the first script rpmbuild only reads.
  if (/^error: /m.test(text))
    return { code: 'spec_unreadable', message: 'the spec file cannot be read', excerpt };
  return { code: 'build_failed', message: 'rpmbuild failed', excerpt };
}

/** The stage that a build was in when it was ended from outside: `%build`, or nothing before the first. */
export function currentStage(log: string): string | undefined {
  const last = [...log.matchAll(executing)].at(-1)?.[1];
  return last && `%${last}`;
}

/** rpmbuild prints `RPM build warnings:` and `errors:` after the script's output; the excerpt leaves them out. */
function scriptEnd(text: string, index: number): number {
  const end = text.indexOf('\n', index);
  return end < 0 ? text.length : end;
}

function upTo(text: string, end: number, mustHold: number): string {
  return text.slice(Math.min(Math.max(0, end - 2000), mustHold), end);
}

function around(text: string, index: number): string {
  return text.slice(Math.max(0, index - 500), index + 1500);
}

/** Terminal colours and other control bytes have no place in a message. */
function printable(log: string): string {
  return log.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
