/** Runs the command-line client as a user would, and shows the command before its output. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const executable = join(import.meta.dirname, '../packages/moromi/src/main.ts');

export interface Speaker {
  hub: string;
  token: string;
}

/** Runs a verb with this terminal. @returns its exit code */
export async function run(speaker: Speaker, args: readonly string[]): Promise<number> {
  console.log(`\n$ moromi ${args.map(quoted).join(' ')}`);
  return await finish(start(speaker, args, 'inherit'));
}

/** Runs a verb with `--json`. @returns what it printed */
export async function ask<T>(speaker: Speaker, args: readonly string[]): Promise<T> {
  const child = start(speaker, ['--json', ...args], 'pipe');
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const code = await finish(child);
  if (code !== 0) throw new Error(`moromi ${args.join(' ')} ended with ${code}`);
  return JSON.parse(text) as T;
}

function start(speaker: Speaker, args: readonly string[], stdout: 'inherit' | 'pipe') {
  const env = { ...process.env, MOROMI_HUB: speaker.hub, MOROMI_TOKEN: speaker.token };
  return spawn(process.execPath, [executable, ...args], { env, stdio: ['ignore', stdout, 'inherit'] });
}

function finish(child: ReturnType<typeof start>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word}'`;
}
