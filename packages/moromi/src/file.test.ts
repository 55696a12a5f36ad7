import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { findFile, parseConfig } from './file.ts';

function mistake(text: string): ConfigError {
  try {
    parseConfig('/etc/moromi/moromi.toml', text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was wrong with it');
}

test('a sound file gives every value with its line', () => {
  const text = `# a hub
hub.listen = "[::1]:7171"

[worker]
kinds = ["srpm", "build"]
slots = 3
"name" = "b1"
[client]
token = """
abc"""
hub = 'http://h'
`;
  expect(Object.fromEntries(parseConfig('/c', text))).toEqual({
    'hub.listen': { value: '[::1]:7171', place: '/c:2' },
    'worker.kinds': { value: ['srpm', 'build'], place: '/c:5' },
    'worker.slots': { value: 3, place: '/c:6' },
    'worker.name': { value: 'b1', place: '/c:7' },
    'client.token': { value: 'abc', place: '/c:9' },
    'client.hub': { value: 'http://h', place: '/c:11' },
  });
});

test('each mistake is told with file, line and key', () => {
  const cases: [string, string][] = [
    ['[hub]\nlisten = "x"', ':2: hub.listen wants host:port such as 127.0.0.1:7171, not "x"'],
    ['[hub]\nlisten = "127.0.0.1:99999"', ':2: hub.listen wants host:port'],
    ['[hub]\n\nlisen = "x"', ':3: hub.lisen: there is no such key; did you mean listen?'],
    ['[hubb]\nlisten = "x"', ':1: hubb: there is no such section; did you mean hub?'],
    [
      '[worker]\nhub = "http://h"\nslots = "4"',
      ':3: worker.slots wants a whole number from 1 to 256, not "4"',
    ],
    ['[worker]\nslots = 0', ':2: worker.slots wants a whole number from 1 to 256; 0 is outside'],
    ['[worker]\nslots = 1.5', ':2: worker.slots wants a whole number from 1 to 256, not the number 1.5'],
    [
      '[worker]\nkinds = ["bake"]',
      ':2: worker.kinds knows only srpm, build, plan, closure, sign, not "bake"',
    ],
    ['[worker]\nkinds = 4', ':2: worker.kinds wants a list of texts'],
    ['[worker]\ndriver = "Mock"', ':2: worker.driver wants one of native, mock, not "Mock"'],
    ['[hub]\nown_worker = "yes"', ':2: hub.own_worker wants true or false'],
    ['[hub]\npublic_url = "hub.example.org"', ':2: hub.public_url wants an address such as'],
    ['[worker]\nname = "a b"', ':2: worker.name wants a name of letters'],
    ['[hub]\nhome = ""', ':2: hub.home is empty'],
    ['hub = 3', ':1: hub: is a section, written [hub]'],
    ['[hub]\nzzzzzz = 1', ':2: hub.zzzzzz: there is no such key; there are home, listen,'],
  ];
  for (const [text, message] of cases)
    expect(mistake(text).message).toContain(`/etc/moromi/moromi.toml${message}`);
});

test('what is no TOML is told with line and column', () => {
  expect(mistake('[hub]\nhome = "x\nlisten = 1\n').message).toMatch(/^\/etc\/moromi\/moromi\.toml:2:\d+: /);
});

test('a secret of the wrong type is not shown', () => {
  expect(mistake('[client]\ntoken = 123456789').message).toBe(
    '/etc/moromi/moromi.toml:2: client.token wants a text in quotes',
  );
});

test("the person's own file goes before the machine's, and a named one must be there", () => {
  const home = mkdtempSync(join(tmpdir(), 'moromi-config-'));
  mkdirSync(join(home, '.config', 'moromi'), { recursive: true });
  const own = join(home, '.config', 'moromi', 'moromi.toml');
  writeFileSync(own, '[client]\nhub = "http://own"\n', { mode: 0o600 });
  expect(findFile(undefined, { HOME: home })).toMatchObject({ path: own, open: false });
  const other = join(home, 'other.toml');
  writeFileSync(other, '', { mode: 0o644 });
  expect(findFile(undefined, { HOME: home, MOROMI_CONFIG: other })).toMatchObject({
    path: other,
    open: true,
  });
  expect(findFile(own, { HOME: home, MOROMI_CONFIG: other })?.path).toBe(own);
  expect(() => findFile('/nonexistent.toml', {})).toThrow('/nonexistent.toml: there is no such file');
});
