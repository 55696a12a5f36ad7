/**
 * The file of programs that run after a repository shows a new revision.
 *
 * Invariant: checked whole when the hub starts: a program that is not there, or that the hub could not run as that
 * user, is told then and not after a revision. Nothing of it ever goes to a shell.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { RepoScript } from '@moromi/hub';
import { parse, TomlError } from 'smol-toml';
import { ConfigError } from './config-error.ts';

const known = ['name', 'repos', 'kinds', 'command', 'user', 'timeout', 'tries'];

/** @param uid of the hub; throws ConfigError with file, line and key */
export function readRepoScripts(path: string, uid: number): RepoScript[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(path, `hub.repo_scripts: it cannot be read (${code})`);
  }
  return parseRepoScripts(path, text, uid);
}

export function parseRepoScripts(path: string, text: string, uid: number): RepoScript[] {
  let tree: Record<string, unknown>;
  try {
    tree = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const sentence = error.message.split('\n')[0] ?? error.message;
    throw new ConfigError(`${path}:${error.line}:${error.column}`, sentence, 'Write it as TOML (toml.io).');
  }
  const tables = tree['script'] ?? [];
  const foreign = Object.keys(tree).find((key) => key !== 'script');
  if (foreign !== undefined || !Array.isArray(tables))
    throw new ConfigError(path, `there is no ${foreign ?? '[script]'}; scripts are written [[script]]`);
  const lines = text.split('\n').flatMap((line, at) => (/^\s*\[\[\s*script\s*\]\]/.test(line) ? at + 1 : []));
  const scripts = tables.map((table, at) =>
    scriptOf(table as Record<string, unknown>, `${path}:${lines[at] ?? 1}`, uid),
  );
  const again = scripts.findIndex((one, at) => scripts.findIndex((other) => other.name === one.name) < at);
  if (again >= 0)
    throw new ConfigError(`${path}:${lines[again] ?? 1}`, `two scripts are called ${scripts[again]?.name}`);
  return scripts;
}

function scriptOf(said: Record<string, unknown>, place: string, uid: number): RepoScript {
  const fail = (message: string): never => {
    throw new ConfigError(place, message);
  };
  const foreign = Object.keys(said).find((key) => !known.includes(key));
  if (foreign !== undefined) fail(`script.${foreign}: there is no such key; there are ${known.join(', ')}`);
  const texts = (key: string): string[] => {
    const value = said[key];
    const list = typeof value === 'string' ? [value] : value;
    if (
      !Array.isArray(list) ||
      list.length === 0 ||
      !list.every((one) => typeof one === 'string' && one !== '')
    )
      return fail(`script.${key} wants a list of texts, such as ["a", "b"]`);
    return list as string[];
  };
  const whole = (key: string, usual: number, greatest: number): number => {
    const value = said[key] ?? usual;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > greatest)
      return fail(`script.${key} wants a whole number from 1 to ${greatest}`);
    return value;
  };
  const { name } = said;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    return fail('script.name wants letters, digits, dots and dashes');
  const kinds = said['kinds'] === undefined ? ['dist'] : texts('kinds');
  const odd = kinds.find((kind) => kind !== 'dist' && kind !== 'build');
  if (odd !== undefined) fail(`script.kinds: there is no kind ${odd}; there are dist and build`);
  const command = texts('command');
  checkProgram(command[0] ?? '', fail);
  return {
    ...{ name, repos: texts('repos'), kinds: kinds as RepoScript['kinds'], command },
    user: said['user'] === undefined ? null : userOf(said['user'], uid, fail),
    timeoutSeconds: whole('timeout', 600, 86_400),
    tries: whole('tries', 5, 100),
  };
}

function checkProgram(program: string, fail: (message: string) => never): void {
  if (!isAbsolute(program)) fail(`script.command: ${program} is no absolute path`);
  try {
    accessSync(program, constants.X_OK);
  } catch {
    fail(`script.command: ${program} is not there, or is no program`);
  }
  if (!statSync(program).isFile()) fail(`script.command: ${program} is no file`);
}

function userOf(name: unknown, uid: number, fail: (message: string) => never): RepoScript['user'] {
  if (typeof name !== 'string' || !/^[a-z_][a-z0-9_-]{0,31}$/.test(name))
    return fail('script.user wants a name');
  const ids = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, '--', name], { encoding: 'utf8', timeout: 10_000 });
    return status === 0 ? Number(stdout) : fail(`script.user: there is no user ${name}`);
  });
  const [own = 0, gid = 0] = ids;
  if (uid !== 0 && own !== uid) fail(`script.user: only a hub that root runs can run programs as ${name}`);
  return uid === 0 ? { uid: own, gid } : null;
}
