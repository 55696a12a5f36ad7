#!/usr/bin/env node
/**
 * The executable: finds out what is asked for and loads that alone.
 *
 * Invariant: nothing but Node's own modules is loaded before it is known what is needed; so `--version` answers at
 * once, and a builder never loads the hub. Exit codes: 0 well; 1 a task failed; 2 the command or configuration is
 * wrong; 3 the hub cannot be reached, or anything else; 130 interrupted.
 */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import about from '../package.json' with { type: 'json' };

const args = process.argv.slice(2);

function warn(sentence: string): void {
  process.stderr.write(`moromi: ${sentence}\n`);
}

/** The first word that is neither an option nor the value of one that can stand before the verb. */
function verbAt(words: string[]): number {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--config' || word === '--hub') index++;
    else if (!word.startsWith('-')) return index;
  }
  return -1;
}

async function main(): Promise<number> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`moromi ${about.version}\n`);
    return 0;
  }
  const at = verbAt(args);
  const verb = args[at];
  if (verb === 'hub' || verb === 'worker') {
    const { runProcess } = await import('./processes.ts');
    return await runProcess(verb, args.toSpliced(at, 1), warn);
  }
  if (verb === 'signer') {
    const { runSignerCommand } = await import('./processes.ts');
    return await runSignerCommand(args.toSpliced(at, 1), warn);
  }
  // Not Node's usual place in /tmp, where others could put theirs. Halves the start from a checkout.
  enableCompileCache(join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'moromi', 'compiled'));
  const { runClient } = await import('./client.ts');
  return await runClient(args, about.version, warn);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `moromi list-builds | head`: the reader has enough.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  process.exit(await main());
} catch (error) {
  // An installation that is broken breaks this too: then the error as it is says most.
  const { explain } = await import('@moromi/cli').catch(() => {
    throw error;
  });
  const { text, exit } = explain(error, { debug: args.includes('--debug') });
  process.stderr.write(text);
  process.exit(exit);
}
