import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { play } from './testing/stage.ts';

async function script(shell: string): Promise<string> {
  return (await play('http://127.0.0.1:9', ['completion', shell])).out;
}

/** What bash offers after these words. */
function offered(text: string, words: string[]): string[] {
  const line = `${text}
COMP_WORDS=(moromi ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_moromi; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', line], { encoding: 'utf8', timeout: 10_000 }).trim().split('\n');
}

test('bash offers verbs, the options of a verb and the values of an option', async () => {
  const text = await script('bash');
  expect(offered(text, ['watch-'])).toEqual(['watch-batch', 'watch-task', 'watch-logs']);
  expect(offered(text, ['build', '--scr'])).toEqual(['--scratch']);
  expect(offered(text, ['--hub', 'x', 'build', '--no'])).toEqual(['--now', '--nowait']);
  expect(offered(text, ['list-tasks', '--state', 'f'])).toEqual(['free', 'failed']);
  expect(offered(text, ['hub', '--ho'])).toEqual(['--home']);
  expect(offered(text, ['completion', 'z'])).toEqual(['zsh']);
});

test('zsh and fish get every verb', async () => {
  for (const shell of ['zsh', 'fish']) {
    const text = await script(shell);
    for (const verb of ['build', 'watch-task', 'hub', 'completion']) expect(text).toContain(verb);
  }
});
