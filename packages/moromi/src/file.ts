/**
 * The configuration file: which one is read, what stands in it, and on which line.
 *
 * Invariant: exactly one file is read, the first of those below that exists; every value that comes out knows its line.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { ConfigError } from './config-error.ts';
import { keys, type Section } from './keys.ts';
import { nearest } from './nearest.ts';
import { checkedValue, type Value, WrongValue } from './values.ts';

export interface Written {
  value: Value;
  /** `FILE:LINE`, a variable or a flag. */
  place: string;
}

export interface ConfigFile {
  path: string;
  /** By `section.key`. */
  values: Map<string, Written>;
  /** Anyone but its owner can read it. */
  open: boolean;
}

/** Where the file is looked for when neither `--config` nor MOROMI_CONFIG says. */
export function usualPlaces(env: NodeJS.ProcessEnv): string[] {
  const own = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config');
  return [join(own, 'moromi', 'moromi.toml'), '/etc/moromi/moromi.toml'];
}

export function findFile(flag: string | undefined, env: NodeJS.ProcessEnv): ConfigFile | undefined {
  const said = flag ?? env['MOROMI_CONFIG'];
  if (said !== undefined && said !== '') return readConfig(said, true);
  for (const path of usualPlaces(env)) {
    const file = readConfig(path, false);
    if (file !== undefined) return file;
  }
  return undefined;
}

function readConfig(path: string, must: boolean): ConfigFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!must && (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES')) return undefined;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new ConfigError(path, why, 'Give the path of a readable TOML file, or none.');
  }
  return { path, values: parseConfig(path, text), open: (statSync(path).mode & 0o077) !== 0 };
}

/** @throws ConfigError with file, line and key */
export function parseConfig(path: string, text: string): Map<string, Written> {
  const tree = parsed(path, text);
  const lines = linesOf(text);
  const values = new Map<string, Written>();
  for (const [section, table] of Object.entries(tree)) {
    const place = `${path}:${lines.get(section) ?? 1}`;
    const known = Object.hasOwn(keys, section) ? keys[section as Section] : undefined;
    if (known === undefined) throw new ConfigError(place, unknown(section, 'section', Object.keys(keys)));
    if (typeof table !== 'object' || table === null || Array.isArray(table)) {
      throw new ConfigError(place, `${section}: is a section, written [${section}]`);
    }
    for (const [name, written] of Object.entries(table)) {
      const dotted = `${section}.${name}`;
      const at = `${path}:${lines.get(dotted) ?? lines.get(section) ?? 1}`;
      const key = Object.hasOwn(known, name) ? known[name] : undefined;
      if (key === undefined) {
        throw new ConfigError(at, unknown(dotted, 'key', Object.keys(known), name));
      }
      try {
        values.set(dotted, { value: checkedValue(key, written, false), place: at });
      } catch (error) {
        if (error instanceof WrongValue) throw new ConfigError(at, `${dotted} ${error.message}`);
        throw error;
      }
    }
  }
  return values;
}

function parsed(path: string, text: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const sentence = error.message.split('\n')[0] ?? error.message;
    throw new ConfigError(`${path}:${error.line}:${error.column}`, sentence, 'Write it as TOML (toml.io).');
  }
}

function unknown(written: string, what: string, known: string[], last = written): string {
  const meant = nearest(last, known);
  return `${written}: there is no such ${what}${meant === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${meant}?`}`;
}

/** The line of each key and section; the text was parsed before, so only sound TOML comes here. */
function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  let section = '';
  let inside: string | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (inside !== undefined) {
      if (line.includes(inside)) inside = undefined;
      continue;
    }
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1];
    const assigned = /^\s*([A-Za-z0-9_."'\s-]+?)\s*=\s*(.*)$/.exec(line);
    if (header !== undefined) section = bare(header);
    const key = assigned === null ? section : [section, bare(assigned[1] ?? '')].filter(Boolean).join('.');
    for (let part = key; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
      if (!lines.has(part)) lines.set(part, index + 1);
    }
    const opened = /^("""|''')/.exec(assigned?.[2] ?? '')?.[1];
    if (opened !== undefined && !assigned?.[2]?.slice(3).includes(opened)) inside = opened;
  }
  return lines;
}

function bare(key: string): string {
  return key
    .split('.')
    .map((part) => part.trim().replace(/^["']|["']$/g, ''))
    .join('.');
}
