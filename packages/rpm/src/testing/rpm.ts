/** The machine's own rpm, as an outside oracle of the tests. Tests only; no part of the package's exports. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program with a time limit and a limit on its output; gives what it printed, refuses if it failed. */
export async function run(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  return fromLatin1(await runBytes(program, args, env));
}

/** As `run`, with one character for each byte that was printed. */
export async function runBytes(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout } = await execute(program, args, {
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    encoding: 'latin1',
  });
  return stdout;
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

/** As `run`, for programs that answer in part: gives what was printed, whatever the end. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    return await run(program, args);
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    if (stdout === undefined) throw error;
    return fromLatin1(stdout);
  }
}
