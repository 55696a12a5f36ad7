import { expect, test } from 'vitest';
import { parseRepoScripts } from './repo-scripts.ts';

const parsed = (text: string, uid = 0) => parseRepoScripts('/etc/s.toml', text, uid);
const script = (more = '', command = '["/bin/true", "-x"]') =>
  `\n[[script]]\nname = "a"\nrepos = "prod*"\ncommand = ${command}\n${more}`;

test('a script has a program, arguments, repositories and limits', () => {
  expect(parsed(script('user = "root"\nkinds = ["build", "dist"]\ntimeout = 5\ntries = 1\n'))).toEqual([
    {
      ...{ name: 'a', repos: ['prod*'], kinds: ['build', 'dist'], command: ['/bin/true', '-x'] },
      ...{ user: { uid: 0, gid: 0 }, timeoutSeconds: 5, tries: 1 },
    },
  ]);
  expect(parsed(script())).toMatchObject([{ kinds: ['dist'], user: null, timeoutSeconds: 600, tries: 5 }]);
  expect(parsed('')).toEqual([]);
});

test('what could not run is refused with its file and line', () => {
  const refused = (text: string, uid = 0) => {
    try {
      return parsed(text, uid);
    } catch (error) {
      return String(error);
    }
  };
  expect(refused(script('', '"true"'))).toContain('/etc/s.toml:2: script.command: true is no absolute path');
  expect(refused(script('', '"/bin/nothing"'))).toContain('/bin/nothing is not there, or is no program');
  expect(refused(script('', '"/bin"'))).toContain('/bin is no file');
  expect(refused(script('', '[]'))).toContain('script.command wants a list of texts');
  expect(refused(script('user = "no-such-user"'))).toContain('there is no user no-such-user');
  expect(refused(script('user = "nobody"'), 1000)).toContain('only a hub that root runs');
  expect(refused(script('timeout = 0'))).toContain('script.timeout wants a whole number from 1 to 86400');
  expect(refused(script('kinds = ["iso"]'))).toContain('there is no kind iso');
  expect(refused(script('shell = true'))).toContain('script.shell: there is no such key');
  expect(refused(`${script()}${script()}`)).toContain('/etc/s.toml:7: two scripts are called a');
  expect(refused('[script]\nname = "a"')).toContain('scripts are written [[script]]');
  expect(refused('[[script]\n')).toMatch(/\/etc\/s\.toml:1:\d+/);
});
