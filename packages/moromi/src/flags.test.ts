import { expect, test } from 'vitest';
import { parseFlags, processHelp, UsageError } from './flags.ts';
import { nearest } from './nearest.ts';

test('a process takes its keys as flags', () => {
  expect(parseFlags('hub', ['--home', '/x', '--no-own-worker', '--config', '/c', '--debug'])).toEqual({
    config: '/c',
    help: false,
    debug: true,
    values: { home: '/x', own_worker: false },
  });
  expect(parseFlags('worker', ['--kinds', 'srpm', '--kinds', 'build,plan']).values).toEqual({
    kinds: ['srpm', 'build,plan'],
  });
});

test('an unknown flag is refused with the one that was probably meant', () => {
  for (const [args, message] of [
    [['--lisen', 'x'], /moromi hub: Unknown option '--lisen'; did you mean --listen\?/],
    [['x'], /moromi hub: Unexpected argument 'x'/],
    [['--home'], /moromi hub: Option '--home <value>' argument missing/],
  ] as const) {
    expect(() => parseFlags('hub', [...args])).toThrow(message);
  }
  expect(() => parseFlags('hub', ['--lisen', 'x'])).toThrow(UsageError);
});

test('a secret is no flag: others see the arguments of a process', () => {
  expect(() => parseFlags('worker', ['--enrol-token', 'x'])).toThrow(/Unknown option '--enrol-token'/);
  expect(() => parseFlags('hub', ['--database-url', 'x'])).toThrow(/Unknown option/);
});

test('the help names every key, and the variable of a secret', () => {
  const help = processHelp('hub', 'Run a hub.');
  for (const word of ['--listen', '--[no-]own-worker', 'MOROMI_HUB_DATABASE_URL', '--database-url-file'])
    expect(help).toContain(word);
});

test('a suggestion is close to what was written, or there is none', () => {
  const known = ['listen', 'home', 'own_worker'];
  expect(nearest('lisen', known)).toBe('listen');
  expect(nearest('lsiten', known)).toBe('listen');
  expect(nearest('own-worker', known)).toBe('own_worker');
  expect(nearest('zebra', known)).toBeUndefined();
});
