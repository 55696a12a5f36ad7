/**
 * Where a build is, by the state.log that its driver writes.
 *
 * Invariant: only states that run the package's own code count as its own; making a root, however long, is this
 * machine's doing.
 *
 * mock's form, which the native driver keeps: `<time> - Start: <state>`, `<time> - Finish: <state>`. The package's code
 * runs in `rpmbuild` and `buildsrpm`, whatever follows the word.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BuildState {
  /** Code of the package has run, or runs. */
  begun: boolean;
  /** Code of the package runs now. */
  inPackage: boolean;
  /** The innermost state that has not ended, undefined between two. */
  now: string | undefined;
}

export function buildStateOf(stateLog: string): BuildState {
  const open: string[] = [];
  let begun = false;
  for (const [, what, state = ''] of stateLog.matchAll(/^.*\b(Start|Finish): (.*)$/gm)) {
    if (what === 'Finish') {
      const at = open.lastIndexOf(state);
      if (at >= 0) open.splice(at, 1);
    } else {
      open.push(state);
      begun ||= isPackages(state);
    }
  }
  return { begun, inPackage: open.some(isPackages), now: open.at(-1) };
}

export async function readBuildState(logDir: string): Promise<BuildState> {
  return buildStateOf(await readFile(join(logDir, 'state.log'), 'utf8').catch(() => ''));
}

function isPackages(state: string): boolean {
  return /^(rpmbuild|buildsrpm)\b/.test(state);
}
